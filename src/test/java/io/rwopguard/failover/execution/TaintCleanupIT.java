package io.rwopguard.failover.execution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.ClusterFenceApi;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.KubernetesClusterApi;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.fence.ApiLedgerStore;
import io.rwopguard.failover.fence.FenceLedger;
import io.rwopguard.failover.fence.FenceProvider;
import io.rwopguard.failover.fence.FenceRegistry;
import io.rwopguard.failover.fence.FenceRoutes;
import io.rwopguard.failover.fence.FenceStatus;
import io.rwopguard.failover.fence.FenceTarget;
import io.rwopguard.failover.fence.FencedVolume;
import io.rwopguard.failover.fence.RegistryFence;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.kube.Resources;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.TestNodes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks when our taints go: a fenced node keeps its own as long as the ledger needs it. */
class TaintCleanupIT {

  private static final String NODE = "taint-keeper";
  private static final String NAMESPACE = "default";
  private static final String DRIVER = "stale.example.com";

  /** Time of the renewal in the node's Lease at first. */
  private static final ZonedDateTime RENEWED = ZonedDateTime.parse("2026-01-01T00:00:00Z");

  private final KubernetesClient client = ApiServer.running().client();
  private final ClusterApi api = new KubernetesClusterApi(client);
  private final FailoverStore objects = new FailoverStore(client, () -> true);
  private final Power power = new Power();
  private final List<String> said = new ArrayList<>();
  private boolean late;

  /** Confirms everything at once. */
  private static final class Power implements FenceProvider {

    private int unfenced;

    @Override
    public String name() {
      return "power";
    }

    @Override
    public FenceScope scope() {
      return FenceScope.NODE;
    }

    @Override
    public FenceStatus fence(FenceTarget target) {
      return FenceStatus.confirmed(Set.of());
    }

    @Override
    public FenceStatus unfence(FenceTarget target) {
      unfenced++;
      return FenceStatus.unfenced();
    }

    @Override
    public FenceStatus status(FenceTarget target) {
      return FenceStatus.confirmed(Set.of());
    }
  }

  @BeforeEach
  void make() {
    client
        .nodes()
        .resource(new NodeBuilder().withNewMetadata().withName(NODE).endMetadata().build())
        .create();
    boot("boot-1");
    client
        .resource(
            """
            apiVersion: coordination.k8s.io/v1
            kind: Lease
            metadata: {name: %s, namespace: kube-node-lease}
            spec: {renewTime: "2026-01-01T00:00:00.000000Z", leaseDurationSeconds: 40}
            """
                .formatted(NODE))
        .create();
  }

  private void boot(String bootId) {
    TestNodes.boot(client, NODE, bootId);
    client
        .nodes()
        .withName(NODE)
        .editStatus(
            node ->
                new NodeBuilder(node)
                    .editOrNewStatus()
                    .withConditions()
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus("True")
                    .endCondition()
                    .endStatus()
                    .build());
  }

  @AfterEach
  void remove() {
    client.nodes().withName(NODE).delete();
    client.leases().inNamespace("kube-node-lease").withName(NODE).delete();
    client.configMaps().inNamespace(NAMESPACE).withLabel("rwop-guard.io/record", "fence").delete();
  }

  private FenceRegistry registry(boolean stale) {
    return new FenceRegistry(
        List.of(power),
        new FenceRoutes(Map.of("power", Set.of(DRIVER))),
        driver -> stale,
        new FenceLedger(
            new ApiLedgerStore(new ClusterFenceApi(api, () -> true), NAMESPACE), NAMESPACE),
        InstantSource.system());
  }

  private void fence(FenceRegistry registry) {
    assertThat(
            registry
                .ensure(
                    new FenceTarget(
                        NODE,
                        "uid",
                        "boot-1",
                        "before",
                        List.of(new FencedVolume(DRIVER, "a", "pv-a", "")),
                        "shop",
                        "db-0",
                        "uid-0"))
                .isConfirmed())
        .isTrue();
  }

  private TaintCleanup keeper(FenceRegistry registry) {
    return new TaintCleanup(
        objects,
        Optional.of(new RegistryFence(registry)),
        (about, warning, reason, message, gist) -> said.add(message),
        Duration.ZERO,
        (node, removal) -> removal.run(),
        node -> late);
  }

  private TaintCleanup keeperWithoutFence() {
    return new TaintCleanup(
        objects,
        Optional.empty(),
        (about, warning, reason, message, gist) -> said.add(message),
        Duration.ofMinutes(1),
        (node, removal) -> removal.run(),
        node -> late);
  }

  private void look(TaintCleanup keeper) {
    look(keeper, Set.of(), System.nanoTime());
  }

  private void look(TaintCleanup keeper, Set<String> failingOver, long now) {
    keeper.look(
        List.of(NodeReader.read(objects.node(NODE).orElseThrow())),
        Map.of(
            NODE,
            new NodeHealth(NODE, NodeHealth.State.FINE, Duration.ZERO, "since", Optional.empty())),
        () -> failingOver,
        now);
  }

  private void renew(long seconds) {
    client
        .leases()
        .inNamespace(FailoverStore.NODE_LEASES)
        .withName(NODE)
        .edit(
            lease ->
                new LeaseBuilder(lease)
                    .editSpec()
                    .withRenewTime(RENEWED.plusSeconds(seconds))
                    .endSpec()
                    .build());
  }

  private boolean isOutOfService() {
    return NodeReader.taints(objects.node(NODE).orElseThrow())
        .contains(FailoverTaints.OUT_OF_SERVICE);
  }

  /** The removal waited for another write, and the node died meanwhile. */
  @Test
  void keeps_a_taint_that_was_written_again_since_the_lease_was_read() {
    TaintCleanup keeper =
        new TaintCleanup(
            objects,
            Optional.empty(),
            (about, warning, reason, message, gist) -> said.add(message),
            Duration.ofMinutes(1),
            (node, removal) -> {
              JsonNode json = objects.node(NODE).orElseThrow();
              assertThat(objects.renewTaint(json, FailoverTaints.OUT_OF_SERVICE, Instant.now()))
                  .isTrue();
              removal.run();
            },
            node -> late);
    objects.taint(objects.node(NODE).orElseThrow(), FailoverTaints.OUT_OF_SERVICE);
    look(keeper, Set.of(), 0);
    renew(10);
    look(keeper, Set.of(), Duration.ofSeconds(10).toNanos());
    assertThat(NodeReader.taints(objects.node(NODE).orElseThrow()))
        .anyMatch(FailoverTaints::isOwnOutOfService);
  }

  /** A leader that knows of no failover proves nothing: its node may still be suspect. */
  @Test
  void a_node_is_out_of_service_until_its_lease_is_seen_to_be_renewed() {
    TaintCleanup keeper = keeperWithoutFence();
    objects.taint(objects.node(NODE).orElseThrow(), FailoverTaints.OUT_OF_SERVICE);
    for (long now = 0; now < 60; now++) {
      look(keeper, Set.of(), Duration.ofSeconds(now).toNanos());
    }
    assertThat(isOutOfService()).isTrue();
    renew(10);
    look(keeper, Set.of(), Duration.ofSeconds(70).toNanos());
    assertThat(isOutOfService()).isFalse();
  }

  /** Its steps may keep failing, and a node that is back has to come back into service. */
  @Test
  void a_failover_in_progress_does_not_keep_a_node_that_renews_out_of_service() {
    TaintCleanup keeper = keeperWithoutFence();
    objects.taint(objects.node(NODE).orElseThrow(), FailoverTaints.OUT_OF_SERVICE);
    // it renews once, stops, and renews steadily later
    for (long now = 0; now <= 120; now += 10) {
      if (now == 10 || now >= 100) {
        renew(now);
      }
      look(keeper, Set.of(NODE), Duration.ofSeconds(now).toNanos());
      assertThat(isOutOfService()).isTrue();
    }
    renew(130);
    look(keeper, Set.of(NODE), Duration.ofSeconds(130).toNanos());
    assertThat(isOutOfService()).isFalse();
  }

  private List<String> taints() {
    return NodeReader.taints(objects.node(NODE).orElseThrow()).stream()
        .filter(FailoverTaints::isFailedOver)
        .map(taint -> taint.value())
        .toList();
  }

  private boolean hasRecord() {
    return api.get(Resources.CONFIG_MAPS, NAMESPACE, "rwop-guard-fence-" + NODE).isPresent();
  }

  @Test
  void the_need_for_a_reboot_outlives_the_taint_that_says_so() {
    fence(registry(true));
    FenceRegistry next = registry(false);
    next.refresh();
    TaintCleanup keeper = keeper(next);
    look(keeper);
    assertThat(taints()).containsExactly("reboot-boot-1");
    // a person replaces it by a weaker one, or removes it
    objects
        .node(NODE)
        .ifPresent(
            node ->
                assertThat(objects.untaint(node, FailoverTaints.untilRebootOf("boot-1"))).isTrue());
    objects.node(NODE).ifPresent(node -> objects.taint(node, FailoverTaints.FAILED_OVER));
    for (int i = 0; i < 4; i++) {
      look(keeper);
    }
    assertThat(taints()).containsExactly("reboot-boot-1");
    assertThat(power.unfenced).isZero();
    assertThat(hasRecord()).isTrue();

    boot("boot-2");
    for (int i = 0; i < 4; i++) {
      look(keeper);
    }
    assertThat(power.unfenced).isEqualTo(1);
    assertThat(taints()).isEmpty();
    assertThat(hasRecord()).isFalse();
  }

  @Test
  void nothing_is_unfenced_while_the_node_is_late_with_its_renewal() {
    FenceRegistry registry = registry(false);
    fence(registry);
    TaintCleanup keeper = keeper(registry);
    late = true;
    for (int i = 0; i < 4; i++) {
      look(keeper);
    }
    assertThat(taints()).containsExactly("true");
    assertThat(power.unfenced).isZero();
    late = false;
    for (int i = 0; i < 4; i++) {
      look(keeper);
    }
    assertThat(power.unfenced).isEqualTo(1);
    assertThat(taints()).isEmpty();
  }
}
