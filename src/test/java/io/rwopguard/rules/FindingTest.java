package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Severity;
import org.junit.jupiter.api.Test;

/** The texts of findings. */
class FindingTest {

  @Test
  void the_message_is_one_line_whatever_an_author_wrote() {
    Finding finding =
        new Finding(
            "annotation",
            Severity.WARN,
            FieldPath.ROOT.field("a\nb"),
            "",
            "found \"x\r\n::error::forged\u001b[2J\u0085\u2028\"",
            "correct it");

    assertThat(finding.message())
        .isEqualTo("a?b: found \"x??::error::forged?[2J??\"; correct it (annotation)");
  }
}
