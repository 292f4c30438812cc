package io.rwopguard.failover.cleanup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.ClusterApi.PatchKind;
import io.rwopguard.failover.cluster.EndedPods;
import io.rwopguard.failover.cluster.KubernetesClusterApi;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.cluster.ParallelRequests;
import io.rwopguard.failover.cluster.VersionedWrites;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.kube.Preconditions;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Removes what failover has written and a Helm release does not know: taints, Leases and records.
 * Each write names the UID and the resourceVersion that were read.
 */
public final class CleanUp {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String MANAGED = OwnLabels.MANAGED_BY + "=" + OwnLabels.RWOP_GUARD;
  private static final String METADATA = "metadata";

  /** The number of tries for an object that changes between read and write. */
  private static final int ROUNDS = 5;

  private static final String CHANGED =
      "It changed between read and write in all %d attempts. Run the clean-up again"
          .formatted(ROUNDS);
  private static final String REFUSED =
      "The API server refuses its removal (%s). Allow it, then run the clean-up again";
  private static final String KEPT =
      "Follow the advice on that record above, then run the clean-up again";

  private final ClusterApi api;
  private final VersionedWrites writes;
  private final String namespace;
  private final boolean dryRun;
  private final Consumer<String> out;
  private boolean complete = true;

  /**
   * Prepares to clean up.
   *
   * @param namespace the namespace of the controllers
   * @param dryRun only report what would be removed
   * @param out receives each step
   */
  public CleanUp(KubernetesClient client, String namespace, boolean dryRun, Consumer<String> out) {
    this.api = KubernetesClusterApi.patient(client);
    this.writes = new VersionedWrites(api, () -> true);
    this.namespace = namespace;
    this.dryRun = dryRun;
    this.out = out;
  }

  /**
   * The reason why a node keeps its taints and records.
   *
   * @param text what still needs them
   * @param fix what ends that need
   * @param loss what is lost if they are removed all the same
   */
  public record Reason(String text, String fix, String loss) {}

  /**
   * Finds the nodes whose taints and records something still needs: a fence, a failover in
   * progress, a detach in progress, or a pending reboot. The name is empty for a record that does
   * not name its node.
   */
  public SortedMap<String, List<Reason>> kept() {
    return new NodeReferences(api, namespace).find();
  }

  /**
   * Finds the election Leases of other installations with failover. Taints and the Leases beside
   * claims do not say which installation wrote them.
   *
   * @param elections the Leases of this installation's elections
   */
  public List<String> otherElections(List<String> elections) {
    return api
        .list(Resources.LEASES, "", PrimaryLease.LABEL + "=" + PrimaryLease.ELECTION, "")
        .stream()
        .filter(lease -> !namespaceOf(lease).equals(namespace) || !elections.contains(name(lease)))
        .map(lease -> namespaceOf(lease) + "/" + name(lease))
        .toList();
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
        record ->
            !(NodeReferences.isNeeded(record) && kept.contains(NodeReferences.nodeOf(record))));
    elections.forEach(this::removeElection);
    return complete && kept.isEmpty();
  }

  private void removeTaints(Set<String> kept) {
    if (kept.contains("")) {
      leftOver("the taints of all nodes, because a record does not name its node", KEPT);
      return;
    }
    rounds(
        () ->
            api.list(Resources.NODES, "", "", "").stream()
                .filter(node -> !kept.contains(name(node)))
                .filter(node -> NodeReader.taints(node).stream().anyMatch(FailoverTaints::isOwn))
                .toList(),
        node -> "the taints of node " + name(node),
        this::removeTaints);
  }

  /** Removes the taints of a node. Returns false if the node has changed since it was read. */
  private boolean removeTaints(JsonNode node) {
    List<Taint> taints = NodeReader.taints(node);
    ArrayNode patch = Preconditions.patchOf(node);
    for (int i = taints.size() - 1; i >= 0; i--) {
      if (FailoverTaints.isOwn(taints.get(i))) {
        patch.addObject().put("op", "remove").put("path", "/spec/taints/" + i);
        out.accept(
            "%s taint %s=%s of node %s"
                .formatted(verb(), taints.get(i).key(), taints.get(i).value(), name(node)));
      }
    }
    if (dryRun) {
      return true;
    }
    return writes.patch(Resources.NODES, node, "", PatchKind.JSON, patch);
  }

  private void remove(
      String kind,
      ResourceDefinitionContext type,
      String where,
      String labels,
      Predicate<JsonNode> choice) {
    rounds(
        () -> api.list(type, where, labels, "").stream().filter(choice).toList(),
        object -> "%s %s/%s".formatted(kind, namespaceOf(object), name(object)),
        object -> delete(kind, type, object));
  }

  private void removeElection(String lease) {
    rounds(
        () -> api.get(Resources.LEASES, namespace, lease).stream().toList(),
        found -> "Lease %s/%s".formatted(namespace, lease),
        found -> delete("Lease", Resources.LEASES, found));
  }

  /**
   * Removes objects, and reads those again that change meanwhile. An object that the API server
   * refuses to change does not stop the removal of the others.
   *
   * @param removal false if the object has changed since it was read
   */
  private void rounds(
      Supplier<List<JsonNode>> objects,
      Function<JsonNode, String> text,
      Predicate<JsonNode> removal) {
    Map<String, String> left = new TreeMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      left.clear();
      boolean changed = false;
      for (JsonNode object : objects.get()) {
        try {
          if (!removal.test(object)) {
            left.put(text.apply(object), CHANGED);
            changed = true;
          }
        } catch (KubernetesClientException e) {
          if (ParallelRequests.isOfAll(e)) {
            throw e;
          }
          left.put(text.apply(object), REFUSED.formatted(ConditionLog.textOf(e)));
        }
      }
      if (!changed) {
        break;
      }
    }
    left.forEach(this::leftOver);
  }

  private boolean delete(String kind, ResourceDefinitionContext type, JsonNode object) {
    String where = namespaceOf(object);
    out.accept("%s %s %s/%s".formatted(verb(), kind, where, name(object)));
    return dryRun || writes.delete(type, object);
  }

  private String verb() {
    return dryRun ? "would remove" : "removing";
  }

  private void leftOver(String what, String fix) {
    complete = false;
    out.accept("left: %s. %s".formatted(what, fix));
  }

  private static String namespaceOf(JsonNode object) {
    return object.path(METADATA).path("namespace").asText();
  }

  private static String name(JsonNode object) {
    return object.path(METADATA).path("name").asText();
  }

  /** Returns the desired replicas of a Deployment; 0 if it does not exist. */
  public int replicas(String deployment) {
    return api.get(Resources.of(Kind.DEPLOYMENT), namespace, deployment)
        .map(found -> KubeObject.of(found).replicas())
        .orElse(0);
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
      if (e.getCode() != VersionedWrites.NOT_FOUND) {
        throw e;
      }
    }
  }

  /**
   * Lists the controllers' Pods that exist.
   *
   * @param ending whether to include Pods that are being deleted: on a dead node they never end
   */
  public List<String> controllers(boolean ending) {
    return api
        .list(Resources.of(Kind.POD), namespace, "app.kubernetes.io/component=controller", "")
        .stream()
        .filter(CleanUp::isController)
        .filter(pod -> ending || !pod.path(METADATA).path("deletionTimestamp").isTextual())
        .filter(pod -> !EndedPods.isOver(pod))
        .map(CleanUp::name)
        .toList();
  }

  /** Returns whether a Pod is a controller: other programs may use the same component name. */
  private static boolean isController(JsonNode pod) {
    for (JsonNode container : KubeObject.of(pod).spec().path("containers")) {
      for (JsonNode variable : container.path("env")) {
        if (variable.path("name").asText().equals("RWOP_GUARD_RUN")) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The state of an election, as its Lease shows it.
   *
   * @param holder empty for none
   * @param renewed the text of its last renewal, which only shows whether there was another
   * @param seconds how long a renewal lasts
   */
  public record Election(String holder, String renewed, int seconds) {}

  /** Returns the state of an election; without a holder if its Lease does not exist. */
  public Election election(String lease) {
    return api.get(Resources.LEASES, namespace, lease)
        .map(found -> KubeObject.of(found).spec())
        .map(
            spec ->
                new Election(
                    spec.path("holderIdentity").asText(""),
                    spec.path("renewTime").asText(""),
                    spec.path("leaseDurationSeconds").asInt(15)))
        .orElse(new Election("", "", 0));
  }
}
