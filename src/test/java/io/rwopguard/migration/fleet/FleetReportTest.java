package io.rwopguard.migration.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.migration.fleet.FleetReport.Entry;
import io.rwopguard.migration.fleet.FleetReport.Outcome;
import io.rwopguard.model.ClaimKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests the report of a fleet for people and for programs. */
class FleetReportTest {

  private final FleetReport report = new FleetReport();

  private static Entry entry(String name, Outcome outcome, String message, long millis) {
    return new Entry(
        List.of(new ClaimKey("shop", name)),
        outcome,
        message,
        Optional.of(millis).filter(each -> each > 0).map(Duration::ofMillis),
        Optional.empty());
  }

  @Test
  void nothing_is_a_whole_fleet() {
    assertThat(report.lines()).containsExactly("Workloads: none");
    assertThat(report.isWhole()).isTrue();
  }

  @Test
  void each_workload_has_a_line_and_each_reason_its_own() {
    report.add(entry("one", Outcome.MOVED, "", 12_400));
    report.add(entry("two", Outcome.REFUSED, "first reason\nsecond reason", 0));
    assertThat(report.lines())
        .containsExactly(
            "moved      shop/one, downtime 12 s",
            "refused    shop/two",
            "           first reason",
            "           second reason",
            "Workloads: 1 moved, 1 refused");
    assertThat(report.isWhole()).isFalse();
  }

  @Test
  void claims_that_went_back_are_whole_and_not_moved() {
    report.add(entry("one", Outcome.ROLLED_BACK, "", 0));
    assertThat(report.lines()).containsExactly("rolled back  shop/one", "Workloads: 1 rolled back");
    assertThat(report.isWhole()).isTrue();
  }

  @Test
  void json_has_the_same() throws Exception {
    report.add(entry("one", Outcome.MOVED, "", 12_400));
    report.add(entry("two", Outcome.NOT_STARTED, "paused", 0));
    JsonNode json = new JsonMapper().readTree(report.toJson());
    assertThat(json.path("counts").path("not started").asInt()).isEqualTo(1);
    assertThat(json.path("workloads").path(0).path("downtimeSeconds").asDouble()).isEqualTo(12.4);
    assertThat(json.path("workloads").path(1).path("message").asText()).isEqualTo("paused");
    assertThat(json.path("workloads").path(1).has("downtimeSeconds")).isFalse();
  }
}
