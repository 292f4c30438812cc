package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.fence.FenceStatus.State;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A NetworkFence confirms only what keeps every address of the node from the storage. */
@OnSecondApiServer
class NetworkFenceAddressesIT {

  private static final String NODE = "network-fence-addresses-node";
  private static final String DRIVER = "rbd.example.com";
  private static final FencedVolume A = new FencedVolume(DRIVER, "a", "pv-a", "");
  private static final FencedVolume B = new FencedVolume(DRIVER, "b", "pv-b", "");

  private final FenceCluster cluster = new FenceCluster();
  private final List<String> reads = new ArrayList<>();
  private final NetworkFenceProvider fence = provider(Optional.empty());

  private NetworkFenceProvider provider(Optional<String> networkFenceClass) {
    return new NetworkFenceProvider(
        new NetworkFenceProvider.Settings(
            "ceph", DRIVER, networkFenceClass, Optional.of("secret"), Optional.of("storage")),
        new ReadLog(cluster.api, reads));
  }

  /** Stores the type of each object that is read. */
  private record ReadLog(FenceApi api, List<String> reads) implements FenceApi {

    @Override
    public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
      reads.add(type.getKind());
      return api.get(type, namespace, name);
    }

    @Override
    public List<JsonNode> list(
        ResourceDefinitionContext type, String namespace, String label, String value) {
      reads.add(type.getKind());
      return api.list(type, namespace, label, value);
    }

    @Override
    public boolean create(ResourceDefinitionContext type, ObjectNode object) {
      return api.create(type, object);
    }

    @Override
    public boolean replace(ResourceDefinitionContext type, ObjectNode object) {
      return api.replace(type, object);
    }

    @Override
    public boolean delete(ResourceDefinitionContext type, JsonNode object) {
      return api.delete(type, object);
    }
  }

  /** Creates a registry as a new leader does. */
  private FenceRegistry registry(Optional<String> networkFenceClass) {
    return new FenceRegistry(
        List.of(provider(networkFenceClass)),
        new FenceRoutes(Map.of("ceph", Set.of(DRIVER))),
        driver -> true,
        new FenceLedger(new ApiLedgerStore(cluster.api, "default"), "default"),
        InstantSource.system());
  }

  /** Fences the node, and returns the registry with a confirmation. */
  private FenceRegistry confirmed(Optional<String> networkFenceClass, FenceTarget target) {
    FenceRegistry registry = registry(networkFenceClass);
    assertThat(registry.ensure(target).state()).isEqualTo(State.PENDING);
    cluster.reconcileNetworkFences();
    FenceStatus status = registry.ensure(target);
    assertThat(status.isConfirmed()).as(status.text()).isTrue();
    return registry;
  }

  private FenceTarget target(String bootId, FencedVolume... volumes) {
    return silence("t", bootId, volumes);
  }

  private FenceTarget silence(String renewTime, String bootId, FencedVolume... volumes) {
    return new FenceTarget(
        NODE, uid, bootId, renewTime, List.of(volumes), "shop", "db-0", "uid-db-0");
  }

  private String uid = "";

  private List<JsonNode> objects() {
    return cluster.api.list(NetworkFences.FENCES, "", "", "");
  }

  private void node(String bootId, String... addresses) {
    cluster.node(NODE, addresses);
    cluster
        .client
        .nodes()
        .withName(NODE)
        .editStatus(
            node ->
                new NodeBuilder(node)
                    .editStatus()
                    .editOrNewNodeInfo()
                    .withBootID(bootId)
                    .endNodeInfo()
                    .endStatus()
                    .build());
  }

  private void deleteNode() {
    cluster.client.nodes().withName(NODE).delete();
  }

  @BeforeEach
  void make() {
    node("boot-1", "192.0.2.7");
    uid = cluster.client.nodes().withName(NODE).get().getMetadata().getUid();
  }

  @AfterEach
  void remove() {
    cluster.clear(NODE);
    unreport();
    cluster.client.resources(CSINode.class).withName(NODE).delete();
    cluster.client.leases().inNamespace("kube-node-lease").withName(NODE).delete();
    cluster.client.configMaps().inNamespace("default").withName(FenceLedger.nameOf(NODE)).delete();
  }

  private void unreport() {
    cluster
        .api
        .get(NetworkFences.CSI_ADDONS_NODES, "default", "network-fence-client")
        .ifPresent(client -> cluster.api.delete(NetworkFences.CSI_ADDONS_NODES, client));
  }

  /** Changes the spec of the object, as another client would. */
  private void change(Consumer<ObjectNode> change) {
    cluster.change(
        NetworkFences.FENCES,
        "",
        objects().get(0).path("metadata").path("name").asText(),
        object -> change.accept(object.withObject("/spec")));
  }

  @Test
  void the_driver_itself_knows_the_nodes_addresses() {
    report("198.51.100.2/32");
    provider(Optional.of("ceph")).fence(target("boot-1", A));
    JsonNode spec = objects().get(0).path("spec");
    assertThat(spec.path("cidrs").toString()).isEqualTo("[\"198.51.100.2/32\"]");
    assertThat(spec.path("networkFenceClassName").asText()).isEqualTo("ceph");
    assertThat(spec.has("driver")).isFalse();
  }

  @Test
  void a_fence_of_guessed_addresses_is_never_confirmed() {
    FenceTarget target = target("boot-1", A);
    // an earlier version guessed the internal addresses
    fence.fence(target);
    cluster.reconcileNetworkFences();
    NetworkFenceProvider classed = provider(Optional.of("ceph"));
    assertThat(classed.fence(target).state()).as("no address is known").isEqualTo(State.FAILED);
    assertThat(classed.status(target).isConfirmed()).isFalse();
    report("198.51.100.2/32");
    FenceStatus status = classed.fence(target);
    assertThat(status.state()).isEqualTo(State.FAILED);
    assertThat(status.text())
        .contains("does not block 198.51.100.2/32", "node " + NODE, "192.0.2.7/32");
    assertThat(classed.status(target).isConfirmed()).isFalse();
    assertThat(cluster.blocked).as("the earlier fence stays").contains("192.0.2.7/32");
  }

  @Test
  void a_fence_of_an_earlier_address_of_the_same_boot_is_never_confirmed() {
    FenceTarget target = target("boot-1", A);
    fence.fence(target);
    cluster.reconcileNetworkFences();
    assertThat(fence.status(target).isConfirmed()).isTrue();

    deleteNode();
    node("boot-1", "192.0.2.7", "192.0.2.8");
    assertThat(fence.fence(target).state()).isEqualTo(State.FAILED);
    assertThat(fence.fence(target).text()).contains("does not block 192.0.2.8/32");
    assertThat(fence.status(target).isConfirmed()).isFalse();

    deleteNode();
    assertThat(fence.status(target).isConfirmed()).as("no address is known").isFalse();
    node("boot-1", "192.0.2.7");
    assertThat(fence.fence(target).isConfirmed()).as("more is blocked than needed").isTrue();
  }

  @Test
  void a_fence_that_was_deleted_is_created_with_the_present_addresses() {
    FenceTarget target = target("boot-1", A);
    fence.fence(target);
    deleteNode();
    node("boot-1", "192.0.2.8");
    assertThat(fence.fence(target).text()).contains("no result yet");
    cluster.reconcileNetworkFences();
    assertThat(fence.fence(target).state()).isEqualTo(State.FAILED);
    assertThat(cluster.api.delete(NetworkFences.FENCES, objects().get(0))).isTrue();
    cluster.reconcileNetworkFences();
    assertThat(fence.fence(target).state()).isEqualTo(State.PENDING);
    cluster.reconcileNetworkFences();
    assertThat(fence.fence(target).isConfirmed()).isTrue();
    assertThat(cluster.blocked).containsExactly("192.0.2.7/32", "192.0.2.8/32");
    assertThat(objects().get(0).path("spec").path("cidrs").toString())
        .as("the provider alone knows of no earlier address")
        .isEqualTo("[\"192.0.2.8/32\"]");
  }

  @Test
  void with_a_class_no_other_address_is_blocked_than_the_driver_reports() {
    FenceStatus status = provider(Optional.of("ceph")).fence(target("boot-1", A));
    assertThat(status.state()).isEqualTo(State.FAILED);
    assertThat(status.text())
        .contains("CSIAddonsNode of driver " + DRIVER, "node " + NODE, "NetworkFenceClass ceph");
    assertThat(objects()).isEmpty();
    FenceStatus unfenced = provider(Optional.of("ceph")).unfence(target("boot-1", A));
    assertThat(unfenced.state()).isEqualTo(State.FAILED);
    assertThat(unfenced.text())
        .contains("blocked at the storage", "delete ConfigMap rwop-guard-fence-" + NODE);
    assertThat(objects()).isEmpty();
  }

  @Test
  void a_confirmed_fence_holds_when_the_node_object_is_deleted() {
    FenceTarget target = target("boot-1", A);
    FenceRegistry registry = confirmed(Optional.empty(), target);
    deleteNode();
    assertThat(registry.status(target).isConfirmed()).isTrue();
    FenceRegistry next = registry(Optional.empty());
    assertThat(next.status(target).isConfirmed()).as("a new leader").isTrue();
    assertThat(next.ensure(target).isConfirmed()).isTrue();
    FenceStatus second = next.ensure(target("boot-1", B));
    assertThat(second.isConfirmed()).as("a second Pod: %s", second.text()).isTrue();
  }

  @Test
  void a_confirmed_fence_holds_when_csi_addons_deletes_the_client_of_the_node() {
    FenceTarget target = target("boot-1", A);
    report("198.51.100.2/32");
    FenceRegistry registry = confirmed(Optional.of("ceph"), target);
    unreport();
    assertThat(registry.status(target).isConfirmed()).isTrue();
    assertThat(registry.ensure(target).isConfirmed()).isTrue();
    cluster.client.resources(CSINode.class).withName(NODE).delete();
    deleteNode();
    assertThat(registry.status(target).isConfirmed()).isTrue();
    assertThat(registry(Optional.of("other")).status(target).isConfirmed())
        .as("the addresses of another class")
        .isFalse();
    assertThat(registry(Optional.empty()).status(target).isConfirmed())
        .as("the addresses of another source")
        .isFalse();
  }

  @Test
  void a_fence_whose_result_comes_after_the_node_object_is_gone_confirms() {
    FenceTarget target = target("boot-1", A);
    FenceRegistry registry = registry(Optional.empty());
    registry.ensure(target);
    deleteNode();
    assertThat(registry.ensure(target).state()).isEqualTo(State.PENDING);
    cluster.reconcileNetworkFences();
    assertThat(registry.ensure(target).isConfirmed()).isTrue();
    assertThat(cluster.api.delete(NetworkFences.FENCES, objects().get(0))).isTrue();
    cluster.reconcileNetworkFences();
    assertThat(registry.status(target).isConfirmed()).isFalse();
    assertThat(registry.ensure(target).state()).isEqualTo(State.PENDING);
    assertThat(objects().get(0).path("spec").path("cidrs").toString())
        .as("created with the stored address")
        .isEqualTo("[\"192.0.2.7/32\"]");
  }

  @Test
  void an_address_that_was_seen_once_has_to_be_blocked_for_the_whole_silence() {
    FenceTarget target = target("boot-1", A);
    FenceRegistry registry = confirmed(Optional.empty(), target);
    deleteNode();
    node("boot-1", "192.0.2.8");
    assertThat(registry.status(target).isConfirmed()).isFalse();
    deleteNode();
    assertThat(registry.status(target).isConfirmed()).as("the later address is gone").isFalse();
    assertThat(registry.ensure(target).text()).contains("does not block 192.0.2.8/32");
    assertThat(registry(Optional.empty()).ensure(target).isConfirmed()).isFalse();

    assertThat(cluster.api.delete(NetworkFences.FENCES, objects().get(0))).isTrue();
    cluster.reconcileNetworkFences();
    registry.ensure(target);
    cluster.reconcileNetworkFences();
    assertThat(registry.ensure(target).isConfirmed()).isTrue();
    assertThat(cluster.blocked).contains("192.0.2.7/32", "192.0.2.8/32");
  }

  @Test
  void stored_addresses_say_nothing_of_a_machine_that_registered_since() {
    FenceTarget target = target("boot-1", A);
    report("198.51.100.2/32");
    FenceRegistry registry = confirmed(Optional.of("ceph"), target);
    unreport();
    deleteNode();
    assertThat(registry.status(target).isConfirmed()).isTrue();
    node("boot-1", "192.0.2.7");
    assertThat(registry.status(target).isConfirmed()).as("another Node object").isFalse();
    deleteNode();
    assertThat(registry.ensure(target).text()).contains("registered", "CSIAddonsNode");
    assertThat(registry(Optional.of("ceph")).ensure(target("boot-1", B)).text())
        .as("its address has never been known")
        .contains("registered", "CSIAddonsNode");
    cluster.client.resources(CSINode.class).withName(NODE).delete();
    report("198.51.100.2/32");
    assertThat(registry.ensure(target).isConfirmed()).as("its address is known").isTrue();
  }

  @Test
  void stored_addresses_say_nothing_of_a_node_that_renewed_its_lease() {
    FenceTarget target = target("boot-1", A);
    FenceRegistry registry = confirmed(Optional.empty(), target);
    deleteNode();
    lease("2026-01-01T00:00:00.000000Z");
    assertThat(registry.status(target).isConfirmed()).isFalse();
    cluster.client.leases().inNamespace("kube-node-lease").withName(NODE).delete();
    assertThat(registry.status(target).isConfirmed()).isFalse();
    FenceTarget later = silence("2026-01-01T00:00:00.000000Z", "boot-1", B);
    node("boot-1", "192.0.2.7");
    assertThat(registry.ensure(later).isConfirmed()).as("known in the later silence").isTrue();
    deleteNode();
    lease("2026-01-01T00:00:00.000000Z");
    assertThat(registry.status(later).isConfirmed()).isTrue();
  }

  @Test
  void stored_addresses_say_nothing_of_another_boot_of_the_node() {
    FenceTarget target = target("boot-1", A);
    report("198.51.100.2/32");
    FenceRegistry registry = confirmed(Optional.of("ceph"), target);
    unreport();
    cluster
        .client
        .nodes()
        .withName(NODE)
        .editStatus(
            node ->
                new NodeBuilder(node)
                    .editStatus()
                    .editNodeInfo()
                    .withBootID("boot-2")
                    .endNodeInfo()
                    .endStatus()
                    .build());
    assertThat(registry.status(target).isConfirmed()).isFalse();
    assertThat(registry.ensure(target("boot-2", A)).text()).contains("no CSIAddonsNode");
  }

  @Test
  void stored_addresses_say_nothing_of_a_later_silence() {
    FenceRegistry registry = confirmed(Optional.empty(), target("boot-1", A));
    deleteNode();
    FenceStatus later = registry.ensure(silence("t2", "boot-1", A));
    assertThat(later.state()).isEqualTo(State.FAILED);
    assertThat(later.text()).contains("no address of type InternalIP");
    assertThat(registry.status(target("boot-1", A)).isConfirmed()).isTrue();
  }

  @Test
  void an_object_that_another_client_changed_is_not_confirmed() {
    FenceTarget target = target("boot-1", A);
    FenceRegistry registry = confirmed(Optional.empty(), target);
    change(spec -> spec.withArray("cidrs").removeAll().add("192.0.2.99/32"));
    assertThat(registry.status(target).isConfirmed()).isFalse();
    deleteNode();
    assertThat(registry.status(target).isConfirmed()).as("compared with the ledger").isFalse();
    assertThat(registry.ensure(target).text()).contains("does not block 192.0.2.7/32");
    // the result is that of the earlier blocks
    change(spec -> spec.withArray("cidrs").add("192.0.2.7/32"));
    assertThat(registry.status(target).isConfirmed()).isFalse();
    node("boot-1", "192.0.2.7");
    assertThat(registry.status(target).isConfirmed()).isFalse();
    assertThat(registry.ensure(target).text()).contains("was changed by another client");
  }

  @Test
  void an_object_that_the_ledger_does_not_know_says_nothing_of_the_addresses() {
    FenceTarget target = target("boot-1", A);
    fence.fence(target);
    cluster.reconcileNetworkFences();
    deleteNode();
    FenceRegistry registry = registry(Optional.empty());
    assertThat(registry.ensure(target).text()).contains("no address of type InternalIP");
    assertThat(fence.status(target).isConfirmed()).as("the ledger knows nothing of it").isFalse();
  }

  @Test
  void addresses_are_read_only_for_a_result() {
    report("198.51.100.2/32");
    NetworkFenceProvider classed = provider(Optional.of("ceph"));
    FenceTarget target = target("boot-1", A);
    classed.fence(target);
    reads.clear();
    assertThat(classed.fence(target).state()).isEqualTo(State.PENDING);
    assertThat(classed.status(target).state()).isEqualTo(State.PENDING);
    cluster.failure = "no route to the cluster";
    cluster.reconcileNetworkFences();
    assertThat(classed.status(target).state()).isEqualTo(State.FAILED);
    assertThat(reads).containsOnly("NetworkFence");
    cluster.failure = "";
    cluster.reconcileNetworkFences();
    assertThat(classed.status(target).isConfirmed()).isTrue();
    assertThat(reads).contains("CSIAddonsNode");
  }

  private void lease(String renewTime) {
    cluster
        .client
        .resource(
            """
            apiVersion: coordination.k8s.io/v1
            kind: Lease
            metadata: {name: %s, namespace: kube-node-lease}
            spec: {renewTime: "%s"}
            """
                .formatted(NODE, renewTime))
        .create();
  }

  /** Lets the driver report this address of the node. */
  private void report(String cidr) {
    cluster
        .client
        .resource(
            """
            apiVersion: storage.k8s.io/v1
            kind: CSINode
            metadata: {name: %s}
            spec: {drivers: [{name: %s, nodeID: storage-id}]}
            """
                .formatted(NODE, DRIVER))
        .create();
    cluster
        .client
        .resource(
            """
            apiVersion: csiaddons.openshift.io/v1alpha1
            kind: CSIAddonsNode
            metadata: {name: network-fence-client, namespace: default}
            spec: {driver: {name: %s, nodeID: storage-id, endpoint: "pod://x"}}
            """
                .formatted(DRIVER))
        .create();
    ObjectNode client =
        cluster
            .api
            .get(NetworkFences.CSI_ADDONS_NODES, "default", "network-fence-client")
            .orElseThrow()
            .deepCopy();
    for (String name : List.of("other", "ceph")) {
      client
          .withObject("/status")
          .withArray("networkFenceClientStatus")
          .addObject()
          .put("networkFenceClassName", name)
          .putArray("ClientDetails")
          .addObject()
          .put("id", "1")
          .putArray("cidrs")
          .add(name.equals("ceph") ? cidr : "198.51.100.1/32");
    }
    cluster.putStatus(NetworkFences.CSI_ADDONS_NODES, client);
  }
}
