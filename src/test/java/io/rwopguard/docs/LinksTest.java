package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checks each link in each document: the file exists, and so does the heading that it names. */
class LinksTest {

  private static final Pattern LINK =
      Pattern.compile("\\]\\((?<file>[^)#:\\s]*)(?:#(?<anchor>[^)\\s]*))?\\)");

  private static final Pattern CODE = Pattern.compile("(?ms)^ *```.*?^ *```$");

  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.*)$");

  static Stream<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of(""))) {
      files.forEach(documents::add);
    }
    for (String folder : List.of("docs", "charts", "certs", "examples", ".github")) {
      if (Files.exists(Path.of(folder))) {
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
          files.forEach(documents::add);
        }
      }
    }
    return documents.stream().filter(file -> file.toString().endsWith(".md")).sorted();
  }

  @ParameterizedTest
  @MethodSource("documents")
  void every_link_leads_to_a_file_and_a_heading(Path document) throws IOException {
    Matcher links = LINK.matcher(CODE.matcher(Files.readString(document)).replaceAll(""));
    while (links.find()) {
      String file = links.group("file");
      Path target = file.isEmpty() ? document : document.resolveSibling(file).normalize();
      assertThat(target).as("%s links to %s", document, links.group()).exists();
      String anchor = links.group("anchor");
      if (anchor != null) {
        assertThat(anchors(target)).as("%s links to %s", document, links.group()).contains(anchor);
      }
    }
  }

  /** Returns the anchors that GitHub gives to headings: a second one of a name gets a number. */
  private static List<String> anchors(Path document) throws IOException {
    List<String> anchors = new ArrayList<>();
    Matcher headings = HEADING.matcher(CODE.matcher(Files.readString(document)).replaceAll(""));
    while (headings.find()) {
      String anchor =
          headings
              .group(1)
              .strip()
              .toLowerCase(Locale.ROOT)
              .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
              .replaceAll("[^\\p{L}\\p{N}\\p{M}_ -]", "")
              .replace(' ', '-');
      String unique = anchor;
      for (int number = 1; anchors.contains(unique); number++) {
        unique = anchor + "-" + number;
      }
      anchors.add(unique);
    }
    return anchors;
  }
}
