package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.testing.apiserver.ApiServer;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks the metrics of watches and live reads on a real API server. */
class InventoryMetricsIT {

  private static final String NAMESPACE = "inventory-metrics";
  private static final String CLAIMS = "persistentvolumeclaims";

  private final KubernetesClient client = ApiServer.running().client();
  private final MeterRegistry registry = new SimpleMeterRegistry();

  @BeforeEach
  void namespace() {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
  }

  private ClusterInventory inventory(KubernetesClient client, Duration timeout) {
    return new ClusterInventory(client, timeout, Scope.CLUSTER, registry);
  }

  private double gauge(String name, String resource) {
    return registry.get("rwop_guard_inventory_" + name).tag("resource", resource).gauge().value();
  }

  private double restarts(String resource) {
    return registry
        .get("rwop_guard_inventory_restarts")
        .tag("resource", resource)
        .functionCounter()
        .count();
  }

  private double reads(String outcome) {
    return registry.get("rwop_guard_live_reads").tag("outcome", outcome).counter().count();
  }

  private static double now() {
    return Instant.now().toEpochMilli() / 1000.0;
  }

  @Test
  void the_watches_show_what_they_hold_and_when_they_last_heard_of_it() {
    try (ClusterInventory inventory = inventory(client, Duration.ofSeconds(5))) {
      assertThat(gauge("synced", CLAIMS)).isZero();
      assertThat(gauge("objects", CLAIMS)).isZero();
      assertThat(gauge("last_event_timestamp_seconds", CLAIMS)).isNaN();
      double start = now();

      inventory.start();
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(inventory::hasSynced);
      assertThat(gauge("synced", CLAIMS)).isOne();
      // a list counts, of a kind without objects too
      for (String resource : Set.of(CLAIMS, "csidrivers")) {
        assertThat(gauge("last_event_timestamp_seconds", resource)).isBetween(start, now());
      }

      double before = gauge("objects", CLAIMS);
      double listed = now();
      createClaim("counted");
      Awaitility.await().until(() -> gauge("objects", CLAIMS) > before);
      assertThat(gauge("last_event_timestamp_seconds", CLAIMS)).isBetween(listed, now());
      assertThat(restarts(CLAIMS)).isZero();

      inventory.restartWatches();
      assertThat(restarts(CLAIMS)).isOne();
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> gauge("synced", CLAIMS) == 1);
    } finally {
      client.persistentVolumeClaims().inNamespace(NAMESPACE).delete();
    }
  }

  @Test
  void live_reads_are_counted_by_their_outcome() throws Exception {
    createClaim("read");
    try (ClusterInventory inventory = inventory(client, Duration.ofSeconds(20))) {
      learn(inventory, claims("read", "nothing"));
      assertThat(reads("found")).isOne();
      assertThat(reads("absent")).isOne();
      assertThat(reads("failed")).isZero();
      assertThat(reads("rejected")).isZero();
      assertThat(registry.get("rwop_guard_live_read_duration").timer().count()).isEqualTo(2);
    } finally {
      client.persistentVolumeClaims().inNamespace(NAMESPACE).delete();
    }
  }

  @Test
  void reads_that_fail_or_are_not_sent_are_counted() throws Exception {
    try (ServerSocket silent = new ServerSocket(0);
        KubernetesClient stuck =
            new KubernetesClientBuilder()
                .withConfig(
                    new ConfigBuilder(Config.empty())
                        .withMasterUrl("http://127.0.0.1:" + silent.getLocalPort())
                        .build())
                .build();
        ClusterInventory inventory = inventory(stuck, Duration.ofMillis(500))) {
      learn(
          inventory,
          IntStream.range(0, 40)
              .mapToObj(i -> new ClaimKey(NAMESPACE, "c" + i))
              .collect(Collectors.toSet()));

      assertThat(reads("rejected")).isEqualTo(40 - LiveReads.OF_A_REVIEW);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> reads("failed") == LiveReads.OF_A_REVIEW);
      assertThat(registry.get("rwop_guard_live_read_duration").timer().count())
          .isEqualTo(LiveReads.OF_A_REVIEW);
    }
  }

  private static Set<ClaimKey> claims(String... names) {
    return Set.of(names).stream()
        .map(name -> new ClaimKey(NAMESPACE, name))
        .collect(Collectors.toSet());
  }

  private static void learn(ClusterInventory inventory, Set<ClaimKey> claims) throws Exception {
    inventory
        .learn(new LookupRequest(claims, Set.of(), Set.of(), Set.of(), Set.of(), Set.of()))
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  private void createClaim(String name) {
    client
        .resource(
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: %s, namespace: %s}
            spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
            """
                .formatted(name, NAMESPACE))
        .create();
  }
}
