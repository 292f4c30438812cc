package io.rwopguard.testing.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.process.GoBinaries;
import io.rwopguard.testing.process.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The real helm, with the chart. A test that asks for it is skipped where it cannot be built. */
public final class Helm {

  public static final Path CHART = Path.of("charts/rwop-guard");

  /** Values without which the chart refuses to be rendered. */
  public static final Path VALUES = Path.of("src/test/resources/chart/image.yaml");

  /** The release's name and its namespace. */
  public static final String RELEASE = "rwop-guard";

  private final Path helm;

  private Helm(Path helm) {
    this.helm = helm;
  }

  /** Returns the Helm that most tests use. */
  public static Helm orSkip() throws IOException, InterruptedException {
    return orSkip(GoBinaries.helm());
  }

  /** Returns the newest Helm 3. */
  public static Helm threeOrSkip() throws IOException, InterruptedException {
    return orSkip(GoBinaries.find("helm3", List.of("helm")).map(folder -> folder.resolve("helm")));
  }

  private static Helm orSkip(Optional<Path> found) {
    String reason = "there is no Go to build helm with, so tests of the chart are skipped";
    if (found.isEmpty()) {
      // the reports do not tell why a class was skipped
      System.err.println("[chart] " + reason);
    }
    Assumptions.assumeTrue(found.isPresent(), reason);
    return new Helm(found.get());
  }

  /** Output of a command, and whether it succeeded. */
  public record Result(int exitCode, String output) {}

  public Result run(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(helm.toString()));
    command.addAll(arguments);
    Program program =
        Program.run(new ProcessBuilder(command).redirectErrorStream(true), "", Program.PATIENCE);
    return new Result(program.exitCode(), program.output());
  }

  /** The text of the manifests with these further arguments. */
  public String template(String... arguments) throws IOException, InterruptedException {
    Result result = tryTemplate(arguments);
    assertThat(result.exitCode()).as(result.output()).isZero();
    return result.output();
  }

  public Result tryTemplate(String... arguments) throws IOException, InterruptedException {
    // the first file of values: whatever follows overrides it
    List<String> all = new ArrayList<>(List.of("--values", VALUES.toString()));
    all.addAll(List.of(arguments));
    return templateWithoutImage(all.toArray(new String[0]));
  }

  /** Renders the chart with these arguments alone, which have to say what the image is. */
  public Result templateWithoutImage(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("template", RELEASE, CHART.toString(), "--namespace", RELEASE));
    command.addAll(List.of(arguments));
    return run(command);
  }

  /** The manifests with these further arguments. */
  public List<ObjectNode> render(String... arguments) throws IOException, InterruptedException {
    Path file = Files.createTempFile(Path.of("target"), "rendered-", ".yaml");
    try {
      Files.writeString(file, template(arguments));
      return Manifests.readAll(file);
    } finally {
      Files.delete(file);
    }
  }

  /** The one of them of this kind and name. */
  public static ObjectNode the(String kind, String name, List<ObjectNode> manifests) {
    Stream<ObjectNode> found =
        manifests.stream()
            .filter(each -> each.path("kind").asText().equals(kind))
            .filter(each -> each.at("/metadata/name").asText().equals(name));
    return found.findFirst().orElseThrow(() -> new AssertionError("no " + kind + " " + name));
  }
}
