package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.Heartbeats.Silence;
import io.rwopguard.it.ApiServer;
import io.rwopguard.it.OnSecondApiServer;
import io.rwopguard.it.StallingProxy;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A watch whose connection hangs is noticed before the silence of several nodes is believed. */
@OnSecondApiServer
class WatchAuditIT {

  /** A node is late after three tenths of its Lease. */
  private static final Duration LEASE = Duration.ofSeconds(10);

  private static final String[] NODES = {"hanging-a", "hanging-b", "hanging-c"};

  private final KubernetesClient direct = ApiServer.running().client();

  private void renew() {
    for (String node : NODES) {
      direct
          .resource(
              new LeaseBuilder()
                  .withNewMetadata()
                  .withNamespace(FailoverObjects.NODE_LEASES)
                  .withName(node)
                  .endMetadata()
                  .withNewSpec()
                  .withHolderIdentity(node)
                  .withLeaseDurationSeconds((int) LEASE.toSeconds())
                  .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                  .endSpec()
                  .build())
          .forceConflicts()
          .serverSideApply();
    }
  }

  @Test
  void a_watch_that_hangs_is_noticed_and_started_again() throws Exception {
    direct
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(FailoverObjects.NODE_LEASES)
                .endMetadata()
                .build())
        .serverSideApply();
    renew();
    Config config = Config.fromKubeconfig(Files.readString(ApiServer.running().kubeconfig()));
    try (StallingProxy proxy = new StallingProxy(URI.create(config.getMasterUrl()))) {
      Config proxied =
          new ConfigBuilder(config)
              .withMasterUrl("https://127.0.0.1:" + proxy.port())
              .withTrustCerts(true)
              .build();
      Heartbeats heartbeats = new Heartbeats();
      try (KubernetesClient client = new KubernetesClientBuilder().withConfig(proxied).build();
          ClusterView view =
              new ClusterView(client, "default", Set.of(), heartbeats, Clocks.SYSTEM)) {
        WatchAudit audit = new WatchAudit(direct, heartbeats, view::restart);
        view.start();
        await().until(view::hasSynced);
        renew();
        await().until(() -> silence(heartbeats).toMillis() < 1000);
        assertThat(audit.confirms(System.nanoTime())).isTrue();

        assertThat(proxy.stall()).isPositive();
        await().until(() -> silence(heartbeats).compareTo(LEASE.multipliedBy(3).dividedBy(10)) > 0);
        renew();
        Thread.sleep(500);
        assertThat(audit.confirms(System.nanoTime())).isFalse();
        assertThat(heartbeats.late(System.nanoTime())).hasSizeGreaterThanOrEqualTo(3);

        audit.check(System.nanoTime());
        assertThat(heartbeats.late(System.nanoTime())).doesNotContainKeys(NODES);
        assertThat(audit.confirms(System.nanoTime())).isTrue();
        // idle connections hang as well, and each is given up with the first request that uses it
        await().atMost(Duration.ofSeconds(25)).until(view::hasSynced);
        await()
            .atMost(Duration.ofSeconds(5))
            .until(
                () -> {
                  renew();
                  Thread.sleep(500);
                  return silence(heartbeats).toMillis() < 1000;
                });
      }
    }
  }

  private static Duration silence(Heartbeats heartbeats) {
    return heartbeats
        .of(NODES[0], System.nanoTime())
        .map(Silence::duration)
        .orElse(Duration.ofDays(1));
  }
}
