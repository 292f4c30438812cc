package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each test that a document names for a guarantee is there. */
class GuaranteesTest {

  private static final Path TESTS = Path.of("src/test/java");
  private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT))#(\\w+)`");

  @Test
  void every_guarantee_of_a_migration_names_tests_that_are_there() throws IOException {
    Map<String, String> sources = sources();
    List<String> missing = new ArrayList<>();
    int guarantees = 0;
    String document = Files.readString(Path.of("docs/guides/migration.md"));
    String table = document.substring(document.indexOf("| guarantee | how | test |"));
    for (String row : table.lines().skip(2).takeWhile(line -> line.startsWith("|")).toList()) {
      guarantees++;
      Matcher named = NAMED.matcher(row);
      assertThat(named.find()).as(row).isTrue();
      do {
        String source = sources.getOrDefault(named.group(1), "");
        if (!source.contains("void %s(".formatted(named.group(2)))) {
          missing.add(named.group());
        }
      } while (named.find());
    }
    assertThat(guarantees).isPositive();
    assertThat(missing).isEmpty();
  }

  private static Map<String, String> sources() throws IOException {
    try (Stream<Path> files = Files.walk(TESTS)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .collect(
              Collectors.toMap(
                  file -> file.getFileName().toString().replace(".java", ""),
                  GuaranteesTest::read,
                  (one, other) -> one + other));
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
