package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the mechanical rules of docs/contributing/style.md. */
class LanguageTest {

  private static final Path STYLE = Path.of("docs/contributing/style.md");

  private static final int LONGEST_LINE = 160;

  /** Summaries that name no subject and begin with no verb. */
  private static final Pattern FRAGMENT =
      Pattern.compile(
          "/\\*\\*\\s*(?:\\*\\s*)?((?:What|Who(?:ever)?|How|Whose|Since|Of|Those|By|Where|Which|Why|That|When|As|On|In|With|For|To)\\b[^\\n]*)");

  /** A part of a document that may have banned words, such as former names. */
  private static final Pattern EXEMPT =
      Pattern.compile("(?s)<!-- banned -->.*?<!-- end of banned -->");

  private static final Pattern BANNED =
      Pattern.compile("(?s)<!-- banned -->.*?```\\n(.*?)```.*?<!-- end of banned -->");

  private static final Pattern NO_PROSE =
      Pattern.compile(
          "(?ms)^ *```.*?^ *```$|<!-- ([\\w -]+): (?:generated|copied)[^>]*-->.*?<!-- end of \\1 -->|<!-- banned -->.*?<!-- end of banned -->");

  @Test
  void no_text_has_a_banned_word() throws IOException {
    String words = String.join("|", banned());
    Pattern banned = Pattern.compile("(?i)(?<![\\w-])(?:" + words + ")(?![\\w-])");
    List<String> found = new ArrayList<>();
    for (Path file : texts()) {
      String text = EXEMPT.matcher(Files.readString(file)).replaceAll("");
      String[] lines = text.split("\n", -1);
      for (int i = 0; i < lines.length; i++) {
        Matcher word = banned.matcher(lines[i]);
        while (word.find()) {
          found.add("%s:%d: %s".formatted(file, i + 1, word.group()));
        }
      }
    }
    assertThat(found).as("banned words; %s has the ones to write instead", STYLE).isEmpty();
  }

  @Test
  void every_summary_in_javadoc_has_a_subject_or_a_verb() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : files(Path.of("src/main/java"), ".java")) {
      Matcher fragment = FRAGMENT.matcher(Files.readString(file));
      while (fragment.find()) {
        found.add("%s: %s".formatted(file, fragment.group(1)));
      }
    }
    assertThat(found).isEmpty();
  }

  @Test
  void no_line_of_prose_in_a_document_is_too_long() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : LinksTest.documents().toList()) {
      NO_PROSE
          .matcher(Files.readString(file))
          .replaceAll("")
          .lines()
          .filter(line -> line.length() > LONGEST_LINE && !line.stripLeading().startsWith("|"))
          .forEach(line -> found.add("%s: %s".formatted(file, line)));
    }
    assertThat(found).isEmpty();
  }

  /** Returns the words in the code block of the guide, one pattern a line. */
  private static List<String> banned() throws IOException {
    Matcher block = BANNED.matcher(Files.readString(STYLE));
    assertThat(block.find()).as("banned words in %s", STYLE).isTrue();
    return block
        .group(1)
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("```"))
        .map(String::strip)
        .toList();
  }

  private static List<Path> texts() throws IOException {
    List<Path> texts = new ArrayList<>(LinksTest.documents().toList());
    texts.addAll(files(Path.of("src/main"), ""));
    for (String folder : List.of("src/ci", "src/image", "src/plugin", "src/release", "templates")) {
      texts.addAll(files(Path.of(folder), ""));
    }
    texts.addAll(List.of(Path.of("action.yml"), Path.of(".pre-commit-hooks.yaml")));
    texts.addAll(files(Path.of("src/benchmark"), ""));
    texts.addAll(files(Path.of("src/fuzz"), ""));
    texts.addAll(files(Path.of("src/testbed"), ""));
    // a changed comment in Go code would build the binaries again on every machine
    texts.removeIf(file -> file.toString().matches(".*(\\.go|go\\.(mod|sum))"));
    texts.addAll(files(Path.of("src/test/java"), ".java"));
    texts.addAll(files(Path.of("charts"), ""));
    texts.removeIf(file -> !isText(file));
    return texts.stream().distinct().toList();
  }

  private static boolean isText(Path file) {
    try {
      return !new String(Files.readAllBytes(file), StandardCharsets.UTF_8).contains("\0");
    } catch (IOException e) {
      return false;
    }
  }

  private static List<Path> files(Path folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.toString().endsWith(suffix))
          .sorted()
          .toList();
    }
  }
}
