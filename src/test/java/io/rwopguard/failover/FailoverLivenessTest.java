package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.plan.ApiServerHealth;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.inventory.cluster.FedInventory;
import io.rwopguard.tracing.Tracing;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A replica whose passes keep failing is restarted. */
class FailoverLivenessTest {

  private Duration time = Duration.ofHours(1);
  private final Clocks clocks = new Clocks(() -> time.toNanos(), () -> Instant.EPOCH.plus(time));

  /** It makes no request, since the election is not started. */
  private final KubernetesClient client =
      new KubernetesClientBuilder().withConfig(Config.empty()).build();

  private final FailoverService service = service();
  private final SmallCluster cluster = new SmallCluster(3);
  private final FailoverController controller = cluster.start(Map.of(), Optional.empty());

  private FailoverService service() {
    return new FailoverService(
        new SmallRyeConfigBuilder()
            .addDefaultInterceptors()
            .addDiscoveredConverters()
            .withMapping(RwopGuardConfig.class)
            .withSources(
                new PropertiesConfigSource(
                    Map.of(
                        "rwop-guard.namespace",
                        SmallCluster.NAMESPACE,
                        // of which no try is late within these tests
                        "rwop-guard.failover.lease-duration",
                        "20S"),
                    "test",
                    1000))
            .build()
            .getConfigMapping(RwopGuardConfig.class),
        () -> client,
        new FedInventory(),
        null,
        new SimpleMeterRegistry(),
        Tracing.OFF,
        clocks);
  }

  @AfterEach
  void close() {
    client.close();
  }

  private Status status() {
    return new FailoverLiveness(service).call().getStatus();
  }

  @BeforeEach
  void elect() {
    service.elect(new Heartbeats(), new ApiServerHealth(clocks.nanos(), Duration.ofSeconds(1)));
  }

  /** Lets the controller pass over the nodes for some time. */
  private void passFor(int seconds) {
    for (int i = 0; i < 2 * seconds; i++) {
      time = time.plusMillis(500);
      service.look(controller);
    }
  }

  @Test
  void passes_that_fail_for_ten_seconds_are_a_reason_to_restart() {
    passFor(11);
    cluster.beforeNodes =
        () -> {
          throw new StackOverflowError("test");
        };
    passFor(9);
    assertThat(status()).isEqualTo(Status.UP);
    passFor(1);
    assertThat(status()).isEqualTo(Status.DOWN);
    cluster.beforeNodes = () -> {};
    service.look(controller);
    assertThat(status()).as("once a pass works").isEqualTo(Status.UP);
  }

  @Test
  void a_pass_that_does_not_end_is_a_reason_to_restart() {
    passFor(11);
    time = time.plusMillis(9_999);
    assertThat(status()).isEqualTo(Status.UP);
    time = time.plusMillis(1);
    assertThat(status()).isEqualTo(Status.DOWN);
  }

  @Test
  void a_process_without_failover_is_alive() {
    FailoverLiveness other = new FailoverLiveness(service());
    time = time.plusDays(1);
    assertThat(other.call().getStatus()).isEqualTo(Status.UP);
  }
}
