package io.rwopguard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.cli.CheckInstallationCommand.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckInstallationCommandTest {

  private static final String DENIED =
      """
      {"kind":"Status","message":"admission webhook \\"volumes.validate.rwop-guard.io\\" denied the \
      request: spec.hostPath: no driver (csi-only)"}""";

  @Test
  void a_refusal_by_rwop_guard_is_success() {
    assertThat(CheckInstallationCommand.verdict(403, DENIED, List.of()).exitCode()).isZero();
  }

  @Test
  void a_warning_of_rwop_guard_is_success_since_a_rule_may_be_set_to_warn() {
    List<String> warnings = List.of("299 - \"spec.hostPath: ...\"", "299 - \"... (csi-only)\"");
    assertThat(CheckInstallationCommand.verdict(201, "{}", warnings).exitCode()).isZero();
  }

  @Test
  void a_volume_that_is_let_through_is_asked_about_again() {
    Verdict verdict =
        CheckInstallationCommand.verdict(201, "{}", List.of("299 - \"something else\""));
    assertThat(verdict.isFinal()).isFalse();
    assertThat(verdict.exitCode()).isEqualTo(1);
    assertThat(verdict.text())
        .contains("accepted a volume")
        .contains("ports.https of the chart, 10250 by default")
        .contains("hostNetwork only if it has no route")
        .contains("csi-only");
  }

  @Test
  void a_missing_right_is_said_at_once() {
    String forbidden =
        "{\"message\":\"persistentvolumes is forbidden: User \\\"x\\\" cannot create\"}";
    Verdict verdict = CheckInstallationCommand.verdict(403, forbidden, List.of());
    assertThat(verdict.isFinal()).isTrue();
    assertThat(verdict.exitCode()).isEqualTo(2);
    assertThat(verdict.text()).contains("cannot create");
  }

  @Test
  void a_webhook_that_cannot_be_called_is_asked_again() {
    String failed = "{\"message\":\"failed calling webhook: connection refused\"}";
    Verdict verdict = CheckInstallationCommand.verdict(500, failed, List.of());
    assertThat(verdict.isFinal()).isFalse();
    assertThat(verdict.exitCode()).isEqualTo(1);
    assertThat(verdict.text()).contains("connection refused");
  }

  @Test
  void an_answer_that_is_no_json_is_shown_as_it_is_and_is_none_of_the_api_server() {
    Verdict verdict = CheckInstallationCommand.verdict(502, "bad gateway", List.of());
    assertThat(verdict.isFinal()).isFalse();
    assertThat(verdict.exitCode()).isEqualTo(2);
    assertThat(verdict.text()).contains("bad gateway");
  }
}
