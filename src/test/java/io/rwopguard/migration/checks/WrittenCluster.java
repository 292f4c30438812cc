package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationOptions;
import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.scope.Consumer;
import io.rwopguard.migration.scope.MigrationScopeResolver;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.testing.manifests.Manifests;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Objects of the namespace shop, written as YAML, as the preflight checks read them. An object that
 * has no UID gets one by its kind and name, and so does a reference to its owner.
 */
public final class WrittenCluster {

  static final Vouched NOTHING = new Vouched(false, false, false);

  /** A move without a snapshot, of which the user vouches for nothing. */
  static final MigrationOptions PLAIN = options(NOTHING);

  static MigrationOptions options(Vouched vouched) {
    return new MigrationOptions(false, false, Optional.empty(), "", vouched);
  }

  public static final List<String> EXCLUSIVE = List.of("ReadWriteOncePod");

  /** A StatefulSet db with its Pod, its claim data-db-0 and the volume of that. */
  public static final String DATABASE =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db}
      spec:
        replicas: 1
        template: {spec: {containers: [{name: db}]}}
        volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: db-0
        ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, controller: true}]
      spec:
        containers: [{name: db}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data-db-0}}]
      status: {phase: Running}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data-db-0, finalizers: [kubernetes.io/pvc-protection]}
      spec: {accessModes: [ReadWriteOnce], volumeName: pv-0}
      status: {phase: Bound}
      ---
      """
          + volume("pv-0", "data-db-0");

  private static final Pattern BETWEEN = Pattern.compile("(?m)^---$");

  private final Map<ObjectKey, JsonNode> workloads = new LinkedHashMap<>();
  private final Map<String, List<JsonNode>> others = new LinkedHashMap<>();

  private WrittenCluster(String yaml) {
    for (String document : BETWEEN.split(yaml, -1)) {
      if (!document.isBlank()) {
        add(Manifests.parse(document));
      }
    }
  }

  public static WrittenCluster of(String... documents) {
    return new WrittenCluster(String.join("\n---\n", documents));
  }

  /** A Pod template's spec that uses a claim, in one line. */
  static String uses(String claim) {
    return "{containers: [{name: c}], volumes: [{name: v, persistentVolumeClaim: {claimName: %s}}]}"
        .formatted(claim);
  }

  /** A claim of that name and its volume {@code pv-NAME}, with these lines more in the claim. */
  public static String claim(String name, String... more) {
    return """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: %1$s}
    spec: {accessModes: [ReadWriteOnce], volumeName: pv-%1$s}
    %2$s
    ---
    """
            .formatted(name, String.join("\n", more))
        + volume("pv-" + name, name);
  }

  public static String volume(String name, String claim) {
    return """
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: %1$s}
    spec:
      accessModes: [ReadWriteOnce]
      csi: {driver: rbd.csi.ceph.com, volumeHandle: h-%1$s}
      claimRef: {namespace: shop, name: %2$s, uid: PersistentVolumeClaim-%2$s}
    """
        .formatted(name, claim);
  }

  private void add(ObjectNode object) {
    String version = object.path("apiVersion").asText();
    String kindName = object.path("kind").asText();
    ObjectNode metadata = object.withObject("/metadata");
    String name = metadata.path("name").asText();
    if (!kindName.equals("PersistentVolume")) {
      metadata.put("namespace", "shop");
    }
    if (!metadata.has("uid")) {
      metadata.put("uid", kindName + "-" + name);
    }
    for (JsonNode owner : metadata.path("ownerReferences")) {
      if (!owner.has("uid")) {
        String uid = owner.path("kind").asText() + "-" + owner.path("name").asText();
        ((ObjectNode) owner).put("uid", uid);
      }
    }
    String group = version.contains("/") ? version.substring(0, version.indexOf('/')) : "";
    Optional<Kind> kind =
        Kind.of(group, kindName).filter(found -> MigrationContext.CONSUMERS.contains(found));
    if (kind.isPresent()) {
      workloads.put(new ObjectKey(kind.get(), "shop", name), object);
    } else {
      others.computeIfAbsent(kindName, key -> new ArrayList<>()).add(object);
    }
  }

  public MigrationContext around() {
    return new MigrationContext(
        workloads,
        all("PersistentVolumeClaim"),
        all("PersistentVolume"),
        all("HorizontalPodAutoscaler"),
        all("ResourceQuota"),
        Optional.of(all("ScaledObject")),
        Optional.of(all("VolumeSnapshot")));
  }

  private List<JsonNode> all(String kind) {
    return others.getOrDefault(kind, List.of());
  }

  /** The unit of the only claim, or of the claim template {@code data} of the set {@code db}. */
  public MigrationScope unit() {
    List<BoundClaim> parts =
        all("PersistentVolumeClaim").stream().flatMap(claim -> part(claim)).toList();
    ObjectKey set = new ObjectKey(Kind.STATEFUL_SET, "shop", "db");
    return workloads.containsKey(set)
            && workloads.get(set).at("/spec/volumeClaimTemplates").size() > 0
        ? new MigrationScope(Optional.of(set), "data", parts)
        : new MigrationScope(
            MigrationScopeResolver.mainOf(
                Consumer.of(workloads, parts.stream().map(BoundClaim::key).toList())),
            "",
            parts);
  }

  /** Claims without a volume belong to no unit. */
  private Stream<BoundClaim> part(JsonNode claim) {
    ClaimKey key = MigrationContext.claimKey(claim);
    return all("PersistentVolume").stream()
        .filter(
            volume -> MigrationContext.nameOf(volume).equals(claim.at("/spec/volumeName").asText()))
        .map(volume -> new BoundClaim(key, Optional.of(claim), volume));
  }

  JsonNode object(Kind kind, String name) {
    return workloads.get(new ObjectKey(kind, "shop", name));
  }
}
