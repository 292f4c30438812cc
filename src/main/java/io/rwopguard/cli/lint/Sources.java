package io.rwopguard.cli.lint;

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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Reads what is named on the command line: files, folders with all below them, standard input. */
final class Sources {

  static final String STANDARD_INPUT = "-";
  private static final String STANDARD_INPUT_NAME = "<stdin>";

  private final ManifestReader reader;
  private final Map<String, List<String>> lines = new HashMap<>();

  Sources(ManifestReader reader) {
    this.reader = reader;
  }

  /** The lines of a source, to show where something stands. */
  List<String> linesOf(String source) {
    return lines.getOrDefault(source, List.of());
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
    folder(path);
  }

  /** One that cannot be listed hides no other. */
  private void folder(Path folder) {
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
        folder(each);
      } else if (isManifest(each)) {
        file(each);
      }
    }
  }

  private static boolean isManifest(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file)
        && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"));
  }

  private void file(Path file) {
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
