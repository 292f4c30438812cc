package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.cluster.ClusterFenceApi;
import io.rwopguard.failover.cluster.KubernetesClusterApi;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * Simulates what the controllers of csi-addons and medik8s do to their resources, one
 * reconciliation at a time. The caller decides what they do to storage and nodes.
 */
public final class FenceControllers {

  private static final String FINALIZER = "example.com/fence";

  final FenceApi api;
  private final KubernetesClient client;

  /** The storage of a csi-addons driver. */
  public interface Storage {

    /**
     * Blocks addresses, or lifts their blocks. It is called again for what is done already.
     *
     * @throws RuntimeException with the message that becomes the status
     */
    void set(List<String> cidrs, boolean blocked);
  }

  /** A fence agent, and what the medik8s controller does to the node beside it. */
  public interface Agent {

    /** Stops a node, and returns the condition. It is called again for what is done already. */
    Condition run(JsonNode remediation);

    /** Undoes what is left on the node of a remediation that is being deleted. */
    default void end(JsonNode remediation) {}
  }

  /**
   * The condition {@code FenceAgentActionSucceeded}.
   *
   * @param succeeded {@code True}, {@code False}, or {@code Unknown} while the agent runs
   * @param since time of the last transition
   */
  public record Condition(String succeeded, String message, String since) {}

  /** Creates the resource definitions that are missing, and waits until they can be used. */
  public FenceControllers(KubernetesClient client) {
    this.client = client;
    this.api = new ClusterFenceApi(new KubernetesClusterApi(client), () -> true);
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

  /** Does what the csi-addons controller does, including its results that name no fenceState. */
  public void reconcileNetworkFences(Storage storage) {
    for (JsonNode fence : api.list(NetworkFences.FENCES, "", "", "")) {
      if (isGone(NetworkFences.FENCES, fence)) {
        continue;
      }
      boolean fences = fence.path("spec").path("fenceState").asText().equals("Fenced");
      List<String> cidrs = new ArrayList<>();
      fence.path("spec").path("cidrs").forEach(cidr -> cidrs.add(cidr.asText()));
      String result = "Succeeded";
      String message = fences ? "fencing operation successful" : "unfencing operation successful";
      try {
        storage.set(cidrs, fences);
      } catch (RuntimeException e) {
        result = "Failed";
        message = e.getMessage();
      }
      ObjectNode status = fence.deepCopy();
      status.putObject("status").put("result", result).put("message", message);
      putStatus(NetworkFences.FENCES, status);
    }
  }

  /** Does what the medik8s controller does up to a condition of its fence agent. */
  public void reconcileRemediations(Agent agent) {
    for (JsonNode remediation : api.list(RemediationProvider.REMEDIATIONS, "", "", "")) {
      if (FenceObject.isBeingDeleted(remediation)) {
        agent.end(remediation);
      }
      if (isGone(RemediationProvider.REMEDIATIONS, remediation)) {
        continue;
      }
      Condition condition = agent.run(remediation);
      ObjectNode status = remediation.deepCopy();
      var conditions = status.putObject("status").putArray("conditions");
      for (String type : List.of("Processing", "FenceAgentActionSucceeded")) {
        conditions
            .addObject()
            .put("type", type)
            .put(
                "status",
                type.equals("Processing")
                    ? (condition.succeeded().equals("Unknown") ? "True" : "False")
                    : condition.succeeded())
            .put("reason", "Test")
            .put("message", condition.message())
            .put("lastTransitionTime", condition.since());
      }
      putStatus(RemediationProvider.REMEDIATIONS, status);
    }
  }

  /** Returns whether no NetworkFence and no FenceAgentsRemediation exists. */
  public boolean isIdle() {
    return api.list(NetworkFences.FENCES, "", "", "").isEmpty()
        && api.list(RemediationProvider.REMEDIATIONS, "", "", "").isEmpty();
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
}
