package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.testing.apiserver.ApiServer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** The resources of csi-addons and medik8s on a real API server, with storage that is a set. */
final class FenceCluster {

  final KubernetesClient client = ApiServer.running().client();

  private final FenceControllers controllers = new FenceControllers(client);

  final FenceApi api = controllers.api;

  /** Addresses that the storage refuses. */
  final Set<String> blocked = new TreeSet<>();

  /** Reason why the storage refuses to change its blocks; empty if it does not. */
  String failure = "";

  void node(String name, String... addresses) {
    client
        .nodes()
        .resource(new NodeBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    client
        .nodes()
        .withName(name)
        .editStatus(
            node -> {
              var status = new NodeBuilder(node).editOrNewStatus();
              for (String address : addresses) {
                status.addNewAddress(address, "InternalIP");
              }
              return status.endStatus().build();
            });
  }

  /** Does what the csi-addons controller does to all its fences. */
  void reconcileNetworkFences() {
    controllers.reconcileNetworkFences(
        (cidrs, fences) -> {
          if (!failure.isEmpty()) {
            throw new IllegalStateException(failure);
          }
          if (fences) {
            blocked.addAll(cidrs);
          } else {
            cidrs.forEach(blocked::remove);
          }
        });
  }

  /** Does what the medik8s controller does up to a condition of its fence agent. */
  void reconcileRemediations(String succeeded, String message, String since) {
    controllers.reconcileRemediations(
        remediation -> new FenceControllers.Condition(succeeded, message, since));
  }

  void putStatus(ResourceDefinitionContext type, ObjectNode object) {
    controllers.putStatus(type, object);
  }

  /** Changes an object, as another client would. */
  void change(
      ResourceDefinitionContext type, String namespace, String name, Consumer<ObjectNode> change) {
    ObjectNode object = api.get(type, namespace, name).orElseThrow().deepCopy();
    change.accept(object);
    api.replace(type, object);
  }

  /** Removes everything that a test has left. */
  void clear(String node) {
    client.nodes().withName(node).delete();
    for (ResourceDefinitionContext type :
        List.of(
            NetworkFences.FENCES,
            RemediationProvider.REMEDIATIONS,
            RemediationProvider.TEMPLATES)) {
      for (JsonNode object : api.list(type, "", "", "")) {
        ObjectNode free = object.deepCopy();
        ((ObjectNode) free.path("metadata")).remove("finalizers");
        api.replace(type, free);
        api.get(
                type,
                object.path("metadata").path("namespace").asText(),
                object.path("metadata").path("name").asText())
            .ifPresent(last -> api.delete(type, last));
      }
    }
  }
}
