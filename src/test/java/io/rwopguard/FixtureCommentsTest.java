package io.rwopguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.manifests.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that each fixture begins with a comment that says why it is there. */
class FixtureCommentsTest {

  private static final String SENTENCE = "\\S+ \\S+ .*\\.";

  @Test
  void each_fixture_of_a_rule_or_mutation_says_why_it_is_there() {
    List<Path> fixtures =
        Stream.concat(
                Manifests.ofRules(),
                Manifests.in("mutations").stream().map(folder -> folder.resolve("before.yaml")))
            .toList();
    assertThat(fixtures)
        .hasSizeGreaterThan(200)
        .allSatisfy(file -> assertThat(comment(file, 0)).matches(SENTENCE));
  }

  /** Their first line names the rules that find something. */
  @Test
  void each_fixture_of_the_scope_says_why_it_is_there() {
    List<Path> fixtures =
        Stream.of("scope/fail", "scope/pass")
            .flatMap(folder -> Manifests.in(folder).stream())
            .toList();
    assertThat(fixtures)
        .hasSizeGreaterThan(20)
        .allSatisfy(file -> assertThat(comment(file, 1)).matches(SENTENCE));
  }

  /** Returns the comment at the top of a file from this line on. */
  private static String comment(Path file, int line) throws IOException {
    return Files.readAllLines(file).stream()
        .skip(line)
        .takeWhile(each -> each.startsWith("# "))
        .map(each -> each.substring(2))
        .collect(Collectors.joining(" "));
  }
}
