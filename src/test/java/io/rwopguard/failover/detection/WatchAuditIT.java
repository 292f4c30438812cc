package io.rwopguard.failover.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.Heartbeats.Silence;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.network.StallingProxy;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Checks that a watch whose connection hangs is noticed before several nodes are suspected. */
@OnSecondApiServer
class WatchAuditIT {

  /** A node is late after three tenths of its Lease. */
  private static final Duration LEASE = Duration.ofSeconds(10);

  private static final String[] NODES = {"hanging-a", "hanging-b", "hanging-c"};

  private final KubernetesClient direct = ApiServer.running().client();
  private int restarts;

  private void renew() {
    for (String node : NODES) {
      direct
          .resource(
              new LeaseBuilder()
                  .withNewMetadata()
                  .withNamespace(FailoverStore.NODE_LEASES)
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

  /** Watches through a proxy, and lists without it. */
  private interface Case {
    void run(StallingProxy proxy, Heartbeats heartbeats, FailoverCache view, WatchAudit audit)
        throws Exception;
  }

  private void watch(Duration delay, Case test) throws Exception {
    direct
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(FailoverStore.NODE_LEASES)
                .endMetadata()
                .build())
        .serverSideApply();
    renew();
    Config config = Config.fromKubeconfig(Files.readString(ApiServer.running().kubeconfig()));
    try (StallingProxy proxy = new StallingProxy(URI.create(config.getMasterUrl()), delay)) {
      Config proxied =
          new ConfigBuilder(config)
              .withMasterUrl("https://127.0.0.1:" + proxy.port())
              .withTrustCerts(true)
              .build();
      Heartbeats heartbeats = new Heartbeats();
      try (KubernetesClient client = new KubernetesClientBuilder().withConfig(proxied).build();
          FailoverCache view =
              new FailoverCache(client, "default", Set.of(), heartbeats, Clocks.SYSTEM)) {
        WatchAudit audit =
            new WatchAudit(
                direct,
                heartbeats,
                () -> {
                  restarts++;
                  view.restart();
                });
        view.start();
        await().until(view::hasSynced);
        renew();
        await().until(() -> silence(heartbeats).toMillis() < 1000);
        assertThat(audit.confirms(System.nanoTime())).isTrue();
        test.run(proxy, heartbeats, view, audit);
      }
    }
  }

  private static void awaitLate(Heartbeats heartbeats) {
    await().until(() -> silence(heartbeats).compareTo(LEASE.multipliedBy(3).dividedBy(10)) > 0);
  }

  /** Waits like the service until the watch has had time to deliver what a list showed. */
  private static void check(WatchAudit audit) throws InterruptedException {
    for (int i = 0; i <= 10; i++) {
      audit.check(System.nanoTime());
      Thread.sleep(250);
    }
  }

  @Test
  void a_watch_that_hangs_is_noticed_and_started_again() throws Exception {
    watch(
        Duration.ZERO,
        (proxy, heartbeats, view, audit) -> {
          assertThat(proxy.stall()).isPositive();
          awaitLate(heartbeats);
          renew();
          Thread.sleep(500);
          assertThat(audit.confirms(System.nanoTime())).isFalse();
          assertThat(heartbeats.late(System.nanoTime())).hasSizeGreaterThanOrEqualTo(3);

          audit.check(System.nanoTime());
          assertThat(heartbeats.late(System.nanoTime())).doesNotContainKeys(NODES);
          assertThat(audit.confirms(System.nanoTime())).isTrue();
          check(audit);
          assertThat(restarts).isEqualTo(1);
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
        });
  }

  /** After a pause of the API server the list and the watch are answered in any order. */
  @Test
  void a_watch_that_is_only_later_than_a_list_is_left_alone() throws Exception {
    watch(
        Duration.ofMillis(500),
        (proxy, heartbeats, view, audit) -> {
          awaitLate(heartbeats);
          renew();
          audit.check(System.nanoTime());
          assertThat(heartbeats.unheard(System.nanoTime())).containsKeys(NODES);
          assertThat(heartbeats.late(System.nanoTime())).doesNotContainKeys(NODES);
          check(audit);
          assertThat(restarts).isZero();
        });
  }

  private static Duration silence(Heartbeats heartbeats) {
    return heartbeats
        .of(NODES[0], System.nanoTime())
        .map(Silence::duration)
        .orElse(Duration.ofDays(1));
  }
}
