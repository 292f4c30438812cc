package io.rwopguard.failover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.cluster.Preconditions;
import io.rwopguard.cluster.Resources;
import io.rwopguard.failover.ClusterApi.PatchKind;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.OwnTaints;
import io.rwopguard.workload.Kind;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Removes what failover has written and a Helm release does not know of: taints, Leases and
 * records. Each write names the UID and the resourceVersion of the read that it rests on.
 */
public final class CleanUp {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String MANAGED = "app.kubernetes.io/managed-by=rwop-guard";
  private static final String FENCES = "rwop-guard.io/record=fence";
  private static final String UNFENCED = "UNFENCED";
  private static final String METADATA = "metadata";

  /** An object that changes between read and write is read again. */
  private static final int ROUNDS = 5;

  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int UNPROCESSABLE = 422;

  private final ClusterApi api;
  private final String namespace;
  private final boolean dryRun;
  private final Consumer<String> out;
  private boolean complete = true;

  /**
   * Prepares to clean up.
   *
   * @param namespace the controllers' own
   * @param dryRun only say what would be removed
   * @param out is told each step
   */
  public CleanUp(KubernetesClient client, String namespace, boolean dryRun, Consumer<String> out) {
    this.api = KubernetesClusterApi.patient(client);
    this.namespace = namespace;
    this.dryRun = dryRun;
    this.out = out;
  }

  /** Lists the nodes with a fence that is not known to be taken back. */
  public Set<String> fencedNodes() {
    return api.list(Resources.CONFIG_MAPS, namespace, FENCES, "").stream()
        .filter(CleanUp::mayBeInEffect)
        .map(CleanUp::fencedNode)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String fencedNode(JsonNode record) {
    return record.path("data").path("node").asText("");
  }

  private static boolean isFence(JsonNode record) {
    return record
        .path(METADATA)
        .path("labels")
        .path(FailoverRecords.LABEL)
        .asText()
        .equals("fence");
  }

  /** A record that cannot be read counts: what was fenced is unknown. */
  private static boolean mayBeInEffect(JsonNode record) {
    try {
      JsonNode entries = JSON.readTree(record.path("data").path("entries").asText(""));
      if (!entries.isArray()) {
        return true;
      }
      for (JsonNode entry : entries) {
        if (!entry.path("state").asText().equals(UNFENCED)) {
          return true;
        }
      }
      return false;
    } catch (JsonProcessingException e) {
      return true;
    }
  }

  /**
   * Removes everything.
   *
   * @param kept the nodes that keep their taints, and whose records stay
   * @param elections the Leases of the elections, in the controllers' namespace
   * @return whether nothing is left
   */
  public boolean run(Set<String> kept, List<String> elections) {
    removeTaints(kept);
    remove(
        "Lease",
        Resources.LEASES,
        "",
        PrimaryLease.LABEL + "=" + PrimaryLease.LABEL_VALUE,
        lease -> true);
    remove(
        "ConfigMap",
        Resources.CONFIG_MAPS,
        namespace,
        MANAGED,
        record -> !(isFence(record) && kept.contains(fencedNode(record))));
    elections.forEach(this::removeElection);
    return complete && kept.isEmpty();
  }

  private void removeTaints(Set<String> kept) {
    if (kept.contains("")) {
      leftOver("all taints: the record of a fence does not say of which node it is");
      return;
    }
    for (int round = 0; round < ROUNDS; round++) {
      boolean changed = false;
      for (JsonNode node : api.list(Resources.NODES, "", "", "")) {
        if (!kept.contains(name(node))
            && NodeReader.taints(node).stream().anyMatch(OwnTaints::isOwn)) {
          changed |= !removeTaints(node);
        }
      }
      if (!changed) {
        return;
      }
    }
    leftOver("taints of a node that changed at each try");
  }

  /** False if the node has changed since it was read. */
  private boolean removeTaints(JsonNode node) {
    List<Taint> taints = NodeReader.taints(node);
    ArrayNode patch = Preconditions.patchOf(node);
    patch
        .addObject()
        .put("op", "test")
        .put("path", "/metadata/uid")
        .put("value", node.path(METADATA).path("uid").asText());
    for (int i = taints.size() - 1; i >= 0; i--) {
      if (OwnTaints.isOwn(taints.get(i))) {
        patch.addObject().put("op", "remove").put("path", "/spec/taints/" + i);
        out.accept(
            "%s taint %s=%s of node %s"
                .formatted(verb(), taints.get(i).key(), taints.get(i).value(), name(node)));
      }
    }
    return dryRun
        || written(() -> api.patch(Resources.NODES, "", name(node), "", PatchKind.JSON, patch));
  }

  private void remove(
      String kind,
      ResourceDefinitionContext type,
      String where,
      String labels,
      Predicate<JsonNode> choice) {
    for (int round = 0; round < ROUNDS; round++) {
      List<JsonNode> found = api.list(type, where, labels, "").stream().filter(choice).toList();
      boolean changed = false;
      for (JsonNode object : found) {
        changed |= !delete(kind, type, object);
      }
      if (!changed) {
        return;
      }
    }
    leftOver("a %s that changed at each try".formatted(kind));
  }

  private void removeElection(String lease) {
    for (int round = 0; round < ROUNDS; round++) {
      JsonNode found = api.get(Resources.LEASES, namespace, lease).orElse(null);
      if (found == null || delete("Lease", Resources.LEASES, found)) {
        return;
      }
    }
    leftOver("Lease %s/%s, which changed at each try".formatted(namespace, lease));
  }

  private boolean delete(String kind, ResourceDefinitionContext type, JsonNode object) {
    String where = object.path(METADATA).path("namespace").asText();
    out.accept("%s %s %s/%s".formatted(verb(), kind, where, name(object)));
    return dryRun
        || written(() -> api.delete(type, where, name(object), Preconditions.deletionOf(object)));
  }

  private String verb() {
    return dryRun ? "would remove" : "removing";
  }

  private void leftOver(String what) {
    complete = false;
    out.accept("left: " + what);
  }

  private static String name(JsonNode object) {
    return object.path(METADATA).path("name").asText();
  }

  /** False if the object has changed since it was read; one that is gone is as good as removed. */
  private static boolean written(Runnable write) {
    try {
      write.run();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == NOT_FOUND) {
        return true;
      }
      if (e.getCode() == CONFLICT || e.getCode() == UNPROCESSABLE) {
        return false;
      }
      throw e;
    }
  }

  /** Scales the controllers' Deployment to zero; one that does not exist has stopped already. */
  public void scaleToZero(String deployment) {
    ObjectNode patch = JSON.createObjectNode();
    patch.putObject("spec").put("replicas", 0);
    try {
      api.patch(
          Resources.of(Kind.DEPLOYMENT), namespace, deployment, "scale", PatchKind.MERGE, patch);
      out.accept("scaled Deployment %s/%s to 0".formatted(namespace, deployment));
    } catch (KubernetesClientException e) {
      if (e.getCode() != NOT_FOUND) {
        throw e;
      }
    }
  }

  /** Whether a Pod of the controllers exists, running or ending. */
  public boolean hasControllers() {
    return !api.list(
            Resources.of(Kind.POD), namespace, "app.kubernetes.io/component=controller", "")
        .isEmpty();
  }

  /**
   * What a Lease of an election says.
   *
   * @param holder empty for none
   * @param renewed the text of its last renewal, which only says whether there was another
   * @param seconds how long a renewal lasts
   */
  public record Election(String holder, String renewed, int seconds) {}

  /** Reads a Lease of an election; one that does not exist has no holder. */
  public Election election(String lease) {
    return api.get(Resources.LEASES, namespace, lease)
        .map(found -> found.path("spec"))
        .map(
            spec ->
                new Election(
                    spec.path("holderIdentity").asText(""),
                    spec.path("renewTime").asText(""),
                    spec.path("leaseDurationSeconds").asInt(15)))
        .orElse(new Election("", "", 0));
  }
}
