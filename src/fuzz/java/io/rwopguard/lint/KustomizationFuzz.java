package io.rwopguard.lint;

import static io.rwopguard.fuzz.Property.check;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads a kustomization.yaml beside files and folders that it may name. It is rendered or a
 * component, it is a part itself, and nothing outside its folders becomes a part, unless it names
 * that.
 */
public final class KustomizationFuzz {

  private static final Path FOLDER = folder();

  private KustomizationFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    Path file = FOLDER.resolve("kustomization.yaml");
    Files.write(file, input);
    Kustomizations read = new Kustomizations();
    read.add(FOLDER);
    if (!read.isKustomization(FOLDER)) {
      check(read.renderedBy(FOLDER).isEmpty(), "renders what is no kustomization", FOLDER);
      check(!read.isPart(FOLDER.resolve("web.yaml")), "a part of what is no kustomization", FOLDER);
      return;
    }
    check(read.isPart(file), "the file is no part of its kustomization", file);
    Optional<Path> rendered = read.renderedBy(FOLDER);
    check(
        rendered.isPresent() != read.unusedComponent(FOLDER).isPresent(),
        "neither rendered nor a component, or both",
        rendered);
    check(!read.isPart(FOLDER), "a part of itself", FOLDER);
    if (!new String(input, UTF_8).contains("web")) {
      check(!read.isPart(FOLDER.resolve("web.yaml")), "a file that is not named", "web.yaml");
    }
  }

  private static Path folder() {
    try {
      Path parent = Files.createTempDirectory("rwop-guard-fuzz");
      parent.toFile().deleteOnExit();
      Path folder = Files.createDirectories(parent.resolve("overlay"));
      Files.createDirectories(parent.resolve("base"));
      Files.writeString(parent.resolve("base/kustomization.yaml"), "resources: []\n");
      Files.writeString(folder.resolve("web.yaml"), "kind: Deployment\n");
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
