package io.rwopguard.migration.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.kube.Resources;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The objects around a claim that the preflight checks evaluate, read once.
 *
 * @param workloads all Pods of the namespace, and all objects that create Pods
 * @param claims all claims of the namespace
 * @param volumes all volumes of the cluster
 * @param scaledObjects KEDA's ScaledObjects; empty if some may exist and the caller may not list
 *     them
 * @param snapshots the VolumeSnapshots; empty if some may exist and the caller may not list them
 */
public record MigrationContext(
    Map<ObjectKey, JsonNode> workloads,
    List<JsonNode> claims,
    List<JsonNode> volumes,
    List<JsonNode> autoscalers,
    List<JsonNode> quotas,
    Optional<List<JsonNode>> scaledObjects,
    Optional<List<JsonNode>> snapshots) {

  /** The kinds whose Pods may use a claim. */
  public static final Set<Kind> CONSUMERS =
      EnumSet.of(
          Kind.DEPLOYMENT,
          Kind.STATEFUL_SET,
          Kind.REPLICA_SET,
          Kind.DAEMON_SET,
          Kind.REPLICATION_CONTROLLER,
          Kind.JOB,
          Kind.CRON_JOB,
          Kind.POD);

  public MigrationContext {
    workloads = new LinkedHashMap<>(workloads);
    claims = List.copyOf(claims);
    volumes = List.copyOf(volumes);
    autoscalers = List.copyOf(autoscalers);
    quotas = List.copyOf(quotas);
  }

  /** Reads the objects around the claims of a namespace. */
  public static MigrationContext of(MigrationObjects objects, String namespace) {
    // read before the claims: a volume whose claim is not among them then has none
    List<JsonNode> volumes = objects.volumes();
    return new MigrationContext(
        workloads(objects, namespace),
        objects.claims(namespace),
        volumes,
        objects.autoscalers(namespace),
        objects.quotas(namespace),
        objects.ifServed(Resources.SCALED_OBJECTS, namespace),
        objects.ifServed(Resources.VOLUME_SNAPSHOTS, namespace));
  }

  /** Reads all objects that may use a claim of a namespace. */
  public static Map<ObjectKey, JsonNode> workloads(MigrationObjects objects, String namespace) {
    Map<ObjectKey, JsonNode> workloads = new LinkedHashMap<>();
    for (Kind kind : CONSUMERS) {
      for (JsonNode object : objects.all(kind, namespace)) {
        workloads.put(new ObjectKey(kind, namespace, nameOf(object)), object);
      }
    }
    return workloads;
  }

  /** Returns the workload of a unit, if it exists. */
  public Optional<JsonNode> workload(MigrationScope unit) {
    return unit.workload().map(workloads::get);
  }

  /** Returns the name of an object. */
  public static String nameOf(JsonNode object) {
    return KubeObject.of(object).name();
  }

  /** Returns the key of a claim from its object. */
  public static ClaimKey claimKey(JsonNode claim) {
    return new ClaimKey(KubeObject.of(claim).namespace(), nameOf(claim));
  }
}
