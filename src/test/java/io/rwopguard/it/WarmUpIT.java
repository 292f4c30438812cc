package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Checks that the requests which the service sends to itself before it is ready are not visible.
 */
class WarmUpIT {

  @Test
  void has_answered_itself_when_it_is_ready_and_counted_none_of_it() throws Exception {
    try (ServiceProcess service = new ServiceProcess()) {
      Awaitility.await().until(() -> service.health("ready") == 200);
      assertThat(service.management("/q/health/ready").body()).contains("\"warm-up\"");

      assertThat(sum(service, "rwop_guard_warm_up_seconds ")).isPositive();
      assertThat(sum(service, "http_server_requests_seconds_count{")).isGreaterThan(100);
      assertThat(sum(service, "rwop_guard_admission_duration_seconds_count{")).isZero();
      assertThat(service.log()).doesNotContain("denied", "let through", "bad request", "failed on");
    }
  }

  private static double sum(ServiceProcess service, String metric)
      throws IOException, InterruptedException {
    return service
        .management("/q/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(metric))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll(".* ", "")))
        .sum();
  }
}
