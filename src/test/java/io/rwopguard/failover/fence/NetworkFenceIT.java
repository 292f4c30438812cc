package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.fence.FenceStatus.State;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fences with the resources of csi-addons on a real API server. */
class NetworkFenceIT {

  private static final String NODE = "network-fence-node";
  private static final String DRIVER = "rbd.example.com";
  private static final FencedVolume A = new FencedVolume(DRIVER, "a", "pv-a", "");
  private static final FencedVolume B = new FencedVolume(DRIVER, "b", "pv-b", "");

  private final FenceCluster cluster = new FenceCluster();
  private final NetworkFenceProvider fence = provider(Optional.empty());

  private NetworkFenceProvider provider(Optional<String> networkFenceClass) {
    return new NetworkFenceProvider(
        new NetworkFenceProvider.Settings(
            "ceph", DRIVER, networkFenceClass, Optional.of("secret"), Optional.of("storage")),
        cluster.api);
  }

  private static FenceTarget target(String bootId, FencedVolume... volumes) {
    return silence("t", bootId, volumes);
  }

  private static FenceTarget silence(String renewTime, String bootId, FencedVolume... volumes) {
    return new FenceTarget(
        NODE, "uid", bootId, renewTime, List.of(volumes), "shop", "db-0", "uid-db-0");
  }

  private void unfence(FenceTarget target) {
    for (int i = 0; i < 6 && fence.unfence(target).state() != State.UNFENCED; i++) {
      cluster.reconcileNetworkFences();
    }
    cluster.reconcileNetworkFences();
    assertThat(fence.unfence(target).state()).isEqualTo(State.UNFENCED);
  }

  private List<JsonNode> objects() {
    return cluster.api.list(NetworkFences.FENCES, "", "", "");
  }

  @BeforeEach
  void make() {
    cluster.node(NODE, "192.0.2.7", "2001:db8::7");
  }

  @AfterEach
  void remove() {
    cluster.clear(NODE);
  }

  @Test
  void a_node_is_fenced_and_unfenced() {
    FenceTarget target = target("boot-1", A, B);
    assertThat(fence.status(target).state()).isEqualTo(State.NOT_ASKED);
    FenceStatus created = fence.fence(target);
    assertThat(created.state()).as(created.text()).isEqualTo(State.PENDING);
    assertThat(fence.fence(target).text()).contains("no result yet");
    cluster.reconcileNetworkFences();
    assertThat(cluster.blocked).containsExactly("192.0.2.7/32", "2001:db8::7/128");
    assertThat(fence.fence(target).confirmedVolumes()).containsOnly(A.id(), B.id());
    assertThat(provider(Optional.empty()).status(target).isConfirmed()).isTrue();

    assertThat(fence.unfence(target).state()).isEqualTo(State.PENDING);
    // the result is still that of the fence
    assertThat(fence.unfence(target).state()).isEqualTo(State.PENDING);
    cluster.reconcileNetworkFences();
    assertThat(cluster.blocked).isEmpty();
    assertThat(fence.unfence(target).state()).isEqualTo(State.UNFENCED);
    cluster.reconcileNetworkFences();
    assertThat(objects()).isEmpty();
    assertThat(fence.unfence(target).state()).isEqualTo(State.UNFENCED);
    assertThat(objects()).as("nothing is created again").isEmpty();
  }

  @Test
  void a_write_that_changed_nothing_is_not_called_done() {
    fence.fence(target("boot-1", A));
    ObjectNode read = objects().get(0).deepCopy();
    assertThat(cluster.api.delete(NetworkFences.FENCES, read)).isTrue();

    assertThat(cluster.api.replace(NetworkFences.FENCES, read)).isFalse();
    assertThat(cluster.api.delete(NetworkFences.FENCES, read)).isFalse();
    assertThat(objects()).isEmpty();
    ((ObjectNode) read.path("metadata")).remove(List.of("uid", "resourceVersion"));
    ResourceDefinitionContext unknown =
        new ResourceDefinitionContext.Builder()
            .withGroup(NetworkFences.GROUP)
            .withVersion("v1alpha1")
            .withKind("NetworkFence")
            .withPlural("nosuchfences")
            .withNamespaced(false)
            .build();
    assertThatThrownBy(() -> cluster.api.create(unknown, read))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(404));
  }

  @Test
  void reports_a_failure_that_may_still_end_well() {
    FenceTarget target = target("boot-1", A);
    fence.fence(target);
    cluster.failure = "no route to the cluster";
    cluster.reconcileNetworkFences();
    FenceStatus status = fence.fence(target);
    assertThat(status.state()).isEqualTo(State.FAILED);
    assertThat(status.text()).contains("no route to the cluster");
    cluster.failure = "";
    cluster.reconcileNetworkFences();
    assertThat(fence.fence(target).isConfirmed()).isTrue();
  }

  @Test
  void a_fence_after_an_unfence_in_progress_is_a_new_one() {
    FenceTarget target = target("boot-1", A);
    fence.fence(target);
    cluster.reconcileNetworkFences();
    fence.unfence(target);
    // the controller has not seen it yet, so the status is still that of the fence
    assertThat(fence.fence(target).state()).isEqualTo(State.PENDING);
    cluster.reconcileNetworkFences();
    assertThat(fence.fence(target).state()).isEqualTo(State.PENDING);
    cluster.reconcileNetworkFences();
    assertThat(fence.fence(target).isConfirmed()).isTrue();
    assertThat(cluster.blocked).isNotEmpty();
  }

  @Test
  void an_unfence_of_an_earlier_boot_never_undoes_a_fence() {
    FenceTarget before = target("boot-1", A);
    FenceTarget now = target("boot-2", A);
    fence.fence(before);
    cluster.reconcileNetworkFences();
    fence.fence(now);
    cluster.reconcileNetworkFences();
    assertThat(fence.fence(now).isConfirmed()).isTrue();
    fence.unfence(before);
    // dies again: neither the old result nor the object is trusted
    assertThat(fence.fence(now).state()).isEqualTo(State.PENDING);
    cluster.reconcileNetworkFences();
    for (int i = 0; i < 4 && !fence.fence(now).isConfirmed(); i++) {
      cluster.reconcileNetworkFences();
    }
    assertThat(fence.fence(now).isConfirmed()).isTrue();
    cluster.reconcileNetworkFences();
    assertThat(cluster.blocked).isNotEmpty();
    assertThat(objects())
        .extracting(object -> object.path("spec").path("fenceState").asText())
        .containsExactly("Fenced");
  }

  @Test
  void an_unfence_that_is_remembered_says_nothing_of_a_later_fence_by_another_leader() {
    fence.fence(target("boot-1", A));
    cluster.reconcileNetworkFences();
    unfence(target("boot-1", A));
    assertThat(cluster.blocked).isEmpty();

    FenceTarget later = silence("t2", "boot-1", A);
    provider(Optional.empty()).fence(later);
    cluster.reconcileNetworkFences();
    assertThat(cluster.blocked).isNotEmpty();
    unfence(later);
    assertThat(cluster.blocked).isEmpty();
  }

  @Test
  void a_foreign_object_is_left_alone() {
    fence.fence(target("boot-1", A));
    JsonNode ours = objects().get(0);
    cluster.change(
        NetworkFences.FENCES,
        "",
        ours.path("metadata").path("name").asText(),
        object -> object.withObject("/metadata").remove("labels"));
    cluster.reconcileNetworkFences();
    assertThat(fence.fence(target("boot-1", A)).text()).contains("was not created by this fence");
    assertThat(fence.unfence(target("boot-1", A)).state()).isEqualTo(State.FAILED);
    assertThat(objects().get(0).path("spec").path("fenceState").asText()).isEqualTo("Fenced");
  }

  @Test
  void a_node_without_addresses_is_not_fenced() {
    FenceTarget other =
        new FenceTarget("no-such-node", "uid", "b", "t", List.of(A), "shop", "db-0", "uid");
    assertThat(fence.fence(other).text()).contains("no address of type InternalIP");
    assertThat(objects()).isEmpty();
  }

  @Test
  void the_ledger_is_a_config_map_that_a_new_leader_resumes_from() {
    Runnable clear =
        () ->
            cluster
                .client
                .configMaps()
                .inNamespace("default")
                .withLabel("rwop-guard.io/record", "fence")
                .delete();
    clear.run();
    FenceRegistry first = registry();
    assertThat(first.ensure(target("boot-1", A)).state()).isEqualTo(State.PENDING);
    cluster.reconcileNetworkFences();
    FenceRegistry next = registry();
    assertThat(next.refresh()).isEmpty();
    assertThat(next.fencedNodes()).containsExactly(NODE);
    assertThat(next.ensure(target("boot-1", A)).isConfirmed()).isTrue();
    assertThat(next.mayReturn(NODE, "boot-2", "renewed since").isAllowed()).isFalse();
    assertThat(next.mayReturn(NODE, "boot-2", "renewed since").isAllowed()).isFalse();
    cluster.reconcileNetworkFences();
    assertThat(next.mayReturn(NODE, "boot-2", "renewed since").isAllowed()).isTrue();
    assertThat(cluster.blocked).isEmpty();
    assertThat(
            cluster
                .client
                .configMaps()
                .inNamespace("default")
                .withLabel("rwop-guard.io/record", "fence")
                .list()
                .getItems())
        .isEmpty();
  }

  @Test
  void a_fence_without_addresses_is_not_stored_so_that_the_node_can_return() {
    cluster.client.nodes().withName(NODE).delete();
    FenceRegistry registry = registry();
    FenceStatus status = registry.ensure(target("boot-1", A));
    assertThat(status.state()).isEqualTo(State.FAILED);
    assertThat(status.text()).contains("fence ceph", "no address of type InternalIP");
    assertThat(registry.fencedNodes()).isEmpty();
    assertThat(registry.mayReturn(NODE, "boot-1", "renewed since").isAllowed()).isTrue();
    cluster.node(NODE, "192.0.2.7");
    assertThat(registry.ensure(target("boot-1", A)).state()).isEqualTo(State.PENDING);
    assertThat(registry.fencedNodes()).containsExactly(NODE);
    cluster.client.configMaps().inNamespace("default").withName(FenceLedger.nameOf(NODE)).delete();
  }

  private FenceRegistry registry() {
    return new FenceRegistry(
        List.of(provider(Optional.empty())),
        new FenceRoutes(Map.of("ceph", Set.of(DRIVER))),
        driver -> true,
        new FenceLedger(new ApiLedgerStore(cluster.api, "default"), "default"),
        InstantSource.system());
  }
}
