package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.ClusterFenceApi;
import io.rwopguard.failover.KubernetesClusterApi;
import io.rwopguard.it.ApiServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/**
 * The resources of csi-addons and medik8s on a real API server, and what their controllers do to
 * them, one reconciliation at a time.
 */
final class FenceCluster {

  private static final String FINALIZER = "example.com/fence";

  final KubernetesClient client = ApiServer.running().client();
  final FenceApi api = new ClusterFenceApi(new KubernetesClusterApi(client), () -> true);

  /** Addresses that the storage refuses. */
  final Set<String> blocked = new TreeSet<>();

  /** Why the storage refuses to change its blocks; empty if it does not. */
  String failure = "";

  FenceCluster() {
    try (InputStream crds = getClass().getResourceAsStream("/fence/crds.yaml")) {
      for (HasMetadata crd : client.load(crds).items()) {
        if (client.resource(crd).get() == null) {
          client.resource(crd).create();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (ResourceDefinitionContext type :
        List.of(
            NetworkFences.FENCES,
            RemediationProvider.REMEDIATIONS,
            RemediationProvider.TEMPLATES)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .until(() -> api.list(type, "", "", "") != null);
    }
    settle();
  }

  /**
   * Waits until a first object can be created in time. Within two seconds of a definition the API
   * server holds creations up for two (apiextensions-apiserver, customresource_handler.go), which
   * is as long as {@link KubernetesClusterApi} waits.
   */
  private void settle() {
    client
        .genericKubernetesResources(NetworkFences.FENCES)
        .resource(
            new GenericKubernetesResourceBuilder()
                .withApiVersion(NetworkFences.GROUP + "/v1alpha1")
                .withKind("NetworkFence")
                .withNewMetadata()
                .withName("settled")
                .endMetadata()
                .addToAdditionalProperties(
                    "spec",
                    Map.of(
                        "driver", "d", "secret", Map.of("name", "s"), "cidrs", List.of("::1/128")))
                .build())
        .dryRun(true)
        .create();
  }

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

  /** Does what the csi-addons controller does, including its results that name no fenceState. */
  void reconcileNetworkFences() {
    for (JsonNode fence : api.list(NetworkFences.FENCES, "", "", "")) {
      if (isGone(NetworkFences.FENCES, fence)) {
        continue;
      }
      boolean fences = fence.path("spec").path("fenceState").asText().equals("Fenced");
      if (failure.isEmpty()) {
        fence
            .path("spec")
            .path("cidrs")
            .forEach(
                cidr -> {
                  if (fences) {
                    blocked.add(cidr.asText());
                  } else {
                    blocked.remove(cidr.asText());
                  }
                });
      }
      ObjectNode status = fence.deepCopy();
      status
          .putObject("status")
          .put("result", failure.isEmpty() ? "Succeeded" : "Failed")
          .put(
              "message",
              failure.isEmpty()
                  ? (fences ? "fencing operation successful" : "unfencing operation successful")
                  : failure);
      putStatus(NetworkFences.FENCES, status);
    }
  }

  /** Does what the medik8s controller does up to a condition of its fence agent. */
  void reconcileRemediations(String succeeded, String message, String since) {
    for (JsonNode remediation : api.list(RemediationProvider.REMEDIATIONS, "", "", "")) {
      if (isGone(RemediationProvider.REMEDIATIONS, remediation)) {
        continue;
      }
      ObjectNode status = remediation.deepCopy();
      var conditions = status.putObject("status").putArray("conditions");
      for (String type : List.of("Processing", "FenceAgentActionSucceeded")) {
        conditions
            .addObject()
            .put("type", type)
            .put(
                "status",
                type.equals("Processing")
                    ? (succeeded.equals("Unknown") ? "True" : "False")
                    : succeeded)
            .put("reason", "Test")
            .put("message", message)
            .put("lastTransitionTime", since);
      }
      putStatus(RemediationProvider.REMEDIATIONS, status);
    }
  }

  /** Adds the finalizer, or removes it from an object that is being deleted. */
  private boolean isGone(ResourceDefinitionContext type, JsonNode object) {
    boolean ends = FenceObject.isBeingDeleted(object);
    ObjectNode changed = object.deepCopy();
    ObjectNode metadata = (ObjectNode) changed.path("metadata");
    if (ends) {
      metadata.remove("finalizers");
    } else {
      metadata.putArray("finalizers").add(FINALIZER);
    }
    api.replace(type, changed);
    if (!ends) {
      JsonNode now =
          api.get(type, metadata.path("namespace").asText(), metadata.path("name").asText())
              .orElseThrow();
      ((ObjectNode) object.path("metadata"))
          .put("resourceVersion", now.path("metadata").path("resourceVersion").asText());
    }
    return ends;
  }

  void putStatus(ResourceDefinitionContext type, ObjectNode object) {
    String namespace = object.path("metadata").path("namespace").asText();
    client.raw(
        "/apis/%s/v1alpha1%s/%s/%s/status"
            .formatted(
                type.getGroup(),
                namespace.isEmpty() ? "" : "/namespaces/" + namespace,
                type.getPlural(),
                object.path("metadata").path("name").asText()),
        "PUT",
        object.toString());
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
