package io.rwopguard.lint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.rules.RuleSet;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Texts in a report that an author of manifests wrote. */
class TextReportTest {

  private static String report(String manifests) {
    return new LintRun(
            List.of(Sources.STANDARD_INPUT),
            RuleSet.WITH_DEFAULTS,
            Optional.empty(),
            new EmptyInventory(),
            Optional.empty(),
            new ByteArrayInputStream(manifests.getBytes(UTF_8)))
        .text();
  }

  @Test
  void a_name_forges_no_line_of_the_report() {
    assertThat(
            report(
                "apiVersion: v1\n"
                    + "kind: Pod\n"
                    + "kind: Pod\n"
                    + "metadata: {name: \"a\\n"
                    + "::error::x\\e[2J\"}\n"))
        .contains("  = Pod a?::error::x?[2J\n")
        .doesNotContain("\n::error", "\u001b");
  }

  @Test
  void a_quoted_line_has_no_escape_sequence() {
    assertThat(report("a: \u001b[31m\n")).contains("a: ?[31m").doesNotContain("\u001b");
  }
}
