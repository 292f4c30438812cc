package io.rwopguard.cli.lint;

import io.rwopguard.cli.lint.Renderer.Rendering;
import io.rwopguard.manifests.ManifestReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads what is named on the command line: files, folders with all below them, standard input. A
 * folder that is a chart or a kustomization is rendered, if that is wanted.
 */
final class Sources {

  static final String STANDARD_INPUT = "-";
  private static final String STANDARD_INPUT_NAME = "<stdin>";

  private final ManifestReader reader;
  private final Optional<Renderer> renderer;
  private final Map<String, List<String>> lines = new HashMap<>();
  private final Map<String, Path> rendered = new HashMap<>();
  private final Set<Path> taken = new HashSet<>();

  Sources(ManifestReader reader, Optional<Renderer> renderer) {
    this.reader = reader;
    this.renderer = renderer;
  }

  /** The lines of a source, to show where something stands. */
  List<String> linesOf(String source) {
    return lines.getOrDefault(source, List.of());
  }

  /** Returns for each source that was rendered the file that says how. */
  Map<String, Path> rendered() {
    return Map.copyOf(rendered);
  }

  int files() {
    return lines.size();
  }

  void read(String name, InputStream standardInput) {
    if (name.equals(STANDARD_INPUT)) {
      try {
        take(STANDARD_INPUT_NAME, new String(standardInput.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        reader.failed(STANDARD_INPUT_NAME, "cannot be read: " + e.getMessage());
      }
      return;
    }
    Path path = Path.of(name);
    if (!Files.isDirectory(path)) {
      file(path);
      return;
    }
    Kustomizations kustomizations = new Kustomizations();
    if (renderer.isPresent()) {
      find(path, kustomizations);
    }
    folder(path, kustomizations);
  }

  private void find(Path folder, Kustomizations kustomizations) {
    kustomizations.add(folder);
    try (Stream<Path> below = Files.list(folder)) {
      below
          .filter(each -> Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
          .filter(each -> !Renderer.isChart(each))
          .forEach(each -> find(each, kustomizations));
    } catch (IOException | UncheckedIOException e) {
      // said when its files are to be read
      return;
    }
  }

  /** One that cannot be listed hides no other. */
  private void folder(Path folder, Kustomizations kustomizations) {
    if (renderer.isPresent() && Renderer.isChart(folder)) {
      if (!Renderer.isLibrary(folder)) {
        take(folder, folder.resolve("Chart.yaml"), renderer.get().chart(folder));
      }
      return;
    }
    if (renderer.isPresent() && kustomizations.isRendered(folder)) {
      Path file = Kustomizations.in(folder).orElseThrow();
      take(folder, file, renderer.get().kustomization(folder));
    }
    List<Path> all;
    try (Stream<Path> below = Files.list(folder)) {
      all = below.sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      reader.failed(
          folder.toString(), "cannot be listed: check who may read it, and run the command again");
      return;
    }
    for (Path each : all) {
      // as find does, without following links to folders, which may lead back
      if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
        folder(each, kustomizations);
      } else if (isManifest(each) && !kustomizations.isPart(each)) {
        file(each);
      }
    }
  }

  private static boolean isManifest(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file)
        && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"));
  }

  private void take(Path folder, Path file, Rendering rendering) {
    if (!taken.add(file.toAbsolutePath().normalize())) {
      return;
    }
    if (rendering.text().isEmpty()) {
      reader.failed(file.toString(), rendering.problem());
      return;
    }
    String source = "%s (%s)".formatted(folder, rendering.command());
    rendered.put(source, file);
    take(source, rendering.text().get());
  }

  private void file(Path file) {
    // a file that is named twice is applied once
    if (!taken.add(file.toAbsolutePath().normalize())) {
      return;
    }
    try {
      take(file.toString(), Files.readString(file));
    } catch (CharacterCodingException e) {
      reader.failed(file.toString(), "no text in UTF-8: save it in this encoding");
    } catch (IOException e) {
      reader.failed(
          file.toString(),
          Files.exists(file) ? "cannot be read: check who may read it" : "there is no such file");
    }
  }

  private void take(String source, String text) {
    lines.put(source, text.lines().toList());
    reader.read(source, text);
  }
}
