package io.rwopguard.lint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Renders Helm charts and kustomizations with the user's own {@code helm}, {@code kustomize} or
 * {@code kubectl}, so that they are the same manifests that the user applies.
 *
 * @param helm the command, which need not exist
 * @param kustomize the command; without it {@code kubectl kustomize} is used
 * @param kubectl the command
 * @param namespace the namespace that charts are rendered for
 * @param values files with values for all charts
 */
public record Renderer(
    String helm,
    String kustomize,
    String kubectl,
    Optional<String> namespace,
    List<String> values) {

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int MOST_BYTES = 64 << 20;
  private static final int SHOWN = 500;
  private static final int LONGEST_RELEASE = 53;
  private static final Pattern LIBRARY = Pattern.compile("type:\\s*[\"']?library[\"']?\\s*(#.*)?");

  public Renderer {
    values = List.copyOf(values);
  }

  /** Creates a renderer with the programs on the PATH. */
  public static Renderer ofPath(Optional<String> namespace, List<String> values) {
    return new Renderer("helm", "kustomize", "kubectl", namespace, values);
  }

  /**
   * The result of rendering.
   *
   * @param command the command that rendered, or would have
   * @param problem the reason if there is no text
   */
  record Rendering(String command, Optional<String> text, String problem) {}

  static boolean isChart(Path folder) {
    return Files.isRegularFile(folder.resolve("Chart.yaml"));
  }

  /** Returns whether a chart is a library, which helm cannot render alone. */
  static boolean isLibrary(Path folder) {
    try {
      return Files.readAllLines(folder.resolve("Chart.yaml")).stream()
          .anyMatch(line -> LIBRARY.matcher(line).matches());
    } catch (IOException e) {
      // helm reports the problem with the file
      return false;
    }
  }

  Rendering chart(Path folder) {
    String release = release(folder);
    List<String> command = new ArrayList<>(List.of(helm, "template", release, argument(folder)));
    // otherwise helm uses the kubeconfig's namespace, and a chart's result depends on the machine
    command.addAll(List.of("--namespace", namespace.orElse(Linter.GUESSED_NAMESPACE)));
    values.forEach(file -> command.addAll(List.of("--values", file)));
    return run("helm template", command)
        .orElseGet(
            () ->
                missing(
                    "helm template",
                    "this is a Helm chart and helm is not on the PATH, so none of it was evaluated; install helm, or render it elsewhere: helm template %s %s | rwop-guard lint -"
                        .formatted(release, folder)));
  }

  Rendering kustomization(Path folder) {
    return run("kustomize build", List.of(kustomize, "build", argument(folder)))
        .or(() -> run("kubectl kustomize", List.of(kubectl, "kustomize", argument(folder))))
        .orElseGet(
            () ->
                missing(
                    "kustomize build",
                    "this is a kustomization and neither kustomize nor kubectl is on the PATH, so none of it was evaluated; install one of them, or render it elsewhere: kustomize build %s | rwop-guard lint -"
                        .formatted(folder)));
  }

  private static Rendering missing(String command, String problem) {
    return new Rendering(command, Optional.empty(), problem);
  }

  /** Returns a path that is no option, and no repository for kustomize. */
  private static String argument(Path folder) {
    return folder.toAbsolutePath().normalize().toString();
  }

  /** Returns a release name that helm accepts. */
  private static String release(Path folder) {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    String allowed =
        (name == null ? "" : name.toString())
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9-]", "-");
    String cut = allowed.substring(0, Math.min(allowed.length(), LONGEST_RELEASE));
    String release = cut.replaceAll("^-+|-+$", "");
    return release.isEmpty() ? "release" : release;
  }

  /** Runs a command; empty if there is none of this name. */
  private static Optional<Rendering> run(String name, List<String> command) {
    try {
      return Program.run(command, PATIENCE, MOST_BYTES).map(outcome -> rendering(name, outcome));
    } catch (IOException e) {
      return Optional.of(missing(name, failed(name, e.toString())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(missing(name, name + " was interrupted"));
    }
  }

  private static Rendering rendering(String name, Program.Outcome outcome) {
    if (outcome.exitCode().isEmpty()) {
      return missing(
          name,
          "%s took longer than %d s and was stopped; a kustomization may name a source that is unreachable"
              .formatted(name, PATIENCE.toSeconds()));
    }
    if (outcome.exitCode().getAsInt() != 0) {
      return missing(name, failed(name, outcome.errors()));
    }
    return outcome.isWhole()
        ? new Rendering(name, Optional.of(outcome.output()), "")
        : missing(name, name + " printed more than 64 MiB, so none of it was evaluated");
  }

  private static String failed(String name, String errors) {
    if (errors.contains("--enable-helm")) {
      return "%s failed: the kustomization renders a Helm chart, which kustomize does only with --enable-helm; render it yourself: kustomize build --enable-helm FOLDER | rwop-guard lint -"
          .formatted(name);
    }
    String said = errors.strip().replaceAll("\\s*\\R\\s*", " / ");
    return "%s failed: %s; fix it, or use --no-render to read the files without rendering"
        .formatted(name, said.length() > SHOWN ? said.substring(0, SHOWN) + " ..." : said);
  }
}
