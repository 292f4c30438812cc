package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.process.Program;
import io.rwopguard.testing.process.Prometheus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Runs the cases of each alert by the tool of Prometheus. */
// late, since Prometheus is the last that a new machine builds
@Order(Order.DEFAULT + 1)
class AlertsIT {

  private static final Path RULES = Helm.CHART.resolve("files/alerts.yaml");
  private static final String CASES = "alerts";

  @Test
  void the_rules_are_valid() throws Exception {
    Program check =
        Prometheus.promtool(
            List.of("check", "rules", "--lint=all", "--lint-fatal", RULES.toString()));
    assertThat(check.exitCode()).as(check.output()).isZero();
  }

  @Test
  void each_alert_fires_when_it_should_and_at_no_other_time() throws Exception {
    List<String> arguments = new ArrayList<>(List.of("test", "rules"));
    Manifests.yamlIn(CASES).forEach(file -> arguments.add(file.toString()));
    Program test = Prometheus.promtool(arguments);
    assertThat(test.exitCode()).as(test.output()).isZero();
  }

  @Test
  void each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() {
    Set<String> alerts = new TreeSet<>();
    for (JsonNode group : Manifests.read(RULES).path("groups")) {
      group.path("rules").forEach(rule -> alerts.add(rule.path("alert").asText()));
    }
    Set<String> firing = new TreeSet<>();
    Set<String> quiet = new TreeSet<>();
    for (Path file : Manifests.yamlIn(CASES)) {
      for (JsonNode test : Manifests.read(file).path("tests")) {
        assertThat(test.path("input_series")).as("%s: %s", file, test.path("name")).isNotEmpty();
        boolean fires = false;
        String alert = "";
        for (JsonNode each : test.path("alert_rule_test")) {
          fires |= !each.path("exp_alerts").isEmpty();
          alert = each.path("alertname").asText();
        }
        (fires ? firing : quiet).add(alert);
      }
    }
    assertThat(firing).isEqualTo(alerts);
    assertThat(quiet).isEqualTo(alerts);
  }
}
