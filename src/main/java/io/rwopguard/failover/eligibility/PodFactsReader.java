package io.rwopguard.failover.eligibility;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.OptedIn;
import io.rwopguard.failover.plan.FailoverEligibility;
import io.rwopguard.failover.plan.PodFacts;
import io.rwopguard.failover.plan.VolumeFacts;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.AccessModes;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Controller;
import io.rwopguard.model.InTreeSource;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.PodAnnotations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads from the API server the facts that decide whether a Pod may be deleted. */
public final class PodFactsReader {

  private static final Set<String> OF_MANY = Set.of("ReadWriteMany", "ReadOnlyMany");

  private final FailoverStore objects;
  private final Inventory inventory;

  /** Creates a reader of the API server and of the watched inventory. */
  public PodFactsReader(FailoverStore objects, Inventory inventory) {
    this.objects = objects;
    this.inventory = inventory;
  }

  /** Returns the Pod as it is now; empty if it is gone. */
  Optional<PodFacts> read(String namespace, String name) {
    return objects
        .object(new ObjectKey(Kind.POD, namespace, name))
        .map(pod -> facts(namespace, pod, KubeObject.of(pod).nodeName(), KubeObject.of(pod).uid()));
  }

  private PodFacts facts(String namespace, JsonNode pod, String node, String uid) {
    JsonNode metadata = KubeObject.of(pod).metadata();
    Optional<Controller> controller = controller(metadata);
    Optional<JsonNode> workload = controller.flatMap(owner -> object(namespace, owner));
    Optional<Controller> top =
        workload.flatMap(object -> controller(KubeObject.of(object).metadata()));
    Optional<JsonNode> above = top.flatMap(owner -> object(namespace, owner));
    Set<ObjectKey> own =
        Stream.of(controller, top)
            .flatMap(Optional::stream)
            .flatMap(
                owner ->
                    owner.kind().stream().map(kind -> new ObjectKey(kind, namespace, owner.name())))
            .collect(Collectors.toUnmodifiableSet());
    Optional<List<VolumeFacts>> volumes = volumes(namespace, KubeObject.of(pod).spec());
    return new PodFacts(
        namespace,
        metadata.path("name").asText(),
        uid,
        node,
        controller,
        recreated(controller, workload, above, metadata.path("name").asText()),
        OptedIn.isOptedIn(namespace, inventory),
        choice(metadata)
            .or(() -> workload.flatMap(object -> choice(KubeObject.of(object).metadata())))
            .or(() -> above.flatMap(object -> choice(KubeObject.of(object).metadata())))
            .orElse(""),
        KubeObject.of(pod).spec(),
        volumes,
        InlineVolumes.shared(KubeObject.of(pod).spec()),
        metadata
            .path("annotations")
            .path(PodAnnotations.SHARED_VOLUMES_ACCEPTED)
            .asText("")
            .equals("true"),
        otherConsumers(namespace, metadata.path("uid").asText(), node, volumes, own));
  }

  /** Returns whether the Pod is recreated; empty if the kind of its controller is not read. */
  private static Optional<Boolean> recreated(
      Optional<Controller> controller,
      Optional<JsonNode> workload,
      Optional<JsonNode> above,
      String pod) {
    if (controller.isPresent() && controller.get().kind().isEmpty()) {
      return Optional.empty();
    }
    // during a rollout, a Deployment wants a Pod although its old ReplicaSet wants none any more
    return Optional.of(
        workload
            .map(
                object ->
                    above.map(top -> wantsPod(top, pod)).orElseGet(() -> wantsPod(object, pod)))
            .orElse(false));
  }

  /** Returns other consumers of these claims: a volume cannot be detached from one Pod alone. */
  private List<String> otherConsumers(
      String namespace,
      String uid,
      String node,
      Optional<List<VolumeFacts>> volumes,
      Set<ObjectKey> own) {
    return new OtherConsumers(inventory, this::optsOut)
        .of(
            volumes.stream()
                .flatMap(List::stream)
                .filter(volume -> !volume.manyWriters())
                .map(volume -> new ClaimKey(namespace, volume.claim())),
            uid,
            node,
            own);
  }

  /** Returns whether an object, or one of its workloads, is annotated not to be failed over. */
  boolean optsOut(ObjectKey key) {
    return objects
        .object(key)
        .flatMap(
            object ->
                choice(KubeObject.of(object).metadata())
                    .or(
                        () ->
                            owner(key.namespace(), object)
                                .flatMap(
                                    workload ->
                                        choice(KubeObject.of(workload).metadata())
                                            .or(
                                                () ->
                                                    owner(key.namespace(), workload)
                                                        .flatMap(
                                                            top ->
                                                                choice(
                                                                    KubeObject.of(top)
                                                                        .metadata()))))))
        .filter(FailoverEligibility.DISABLED::equals)
        .isPresent();
  }

  private Optional<JsonNode> owner(String namespace, JsonNode object) {
    return controller(KubeObject.of(object).metadata()).flatMap(owner -> object(namespace, owner));
  }

  /**
   * Returns the facts of a Pod that is already gone, from a Pod that waits for its claims.
   *
   * @param node the dead node to which the claims' volumes are still attached
   */
  Optional<PodFacts> readSuccessor(String namespace, String name, String node) {
    return objects
        .object(new ObjectKey(Kind.POD, namespace, name))
        .filter(pod -> !KubeObject.of(pod).nodeName().equals(node))
        .map(pod -> facts(namespace, pod, node, ""));
  }

  private static Optional<Controller> controller(JsonNode metadata) {
    for (JsonNode owner : metadata.path("ownerReferences")) {
      if (owner.path("controller").asBoolean()) {
        String kind = owner.path("kind").asText();
        String group = owner.path("apiVersion").asText().replaceFirst("/?[^/]*$", "");
        return Optional.of(new Controller(Kind.of(group, kind), kind, owner.path("name").asText()));
      }
    }
    return Optional.empty();
  }

  private Optional<JsonNode> object(String namespace, Controller owner) {
    return owner
        .kind()
        .flatMap(kind -> objects.object(new ObjectKey(kind, namespace, owner.name())));
  }

  /** Returns whether a workload would create a Pod of this name, or another in its place. */
  static boolean wantsPod(JsonNode workload, String pod) {
    JsonNode spec = KubeObject.of(workload).spec();
    int replicas = spec.path("replicas").asInt(1);
    if (KubeObject.of(workload).isBeingDeleted()) {
      return false;
    }
    String prefix = KubeObject.of(workload).name() + "-";
    boolean numbered = spec.has("serviceName") || spec.has("podManagementPolicy");
    if (numbered && pod.startsWith(prefix) && pod.substring(prefix.length()).matches("\\d{1,9}")) {
      int start = spec.path("ordinals").path("start").asInt(0);
      return Integer.parseInt(pod.substring(prefix.length())) < start + replicas;
    }
    return replicas > 0;
  }

  private static Optional<String> choice(JsonNode metadata) {
    JsonNode written = metadata.path("annotations").path(PodAnnotations.FAILOVER);
    return written.isTextual() ? Optional.of(written.asText()) : Optional.empty();
  }

  /** Returns the volumes of a Pod's claims, without ephemeral ones, which end with the Pod. */
  private Optional<List<VolumeFacts>> volumes(String namespace, JsonNode spec) {
    List<VolumeFacts> volumes = new ArrayList<>();
    for (JsonNode volume : spec.path("volumes")) {
      JsonNode claim = volume.path("persistentVolumeClaim");
      if (claim.path("claimName").isTextual()) {
        Optional<VolumeFacts> facts =
            volume(
                namespace,
                claim.path("claimName").asText(),
                claim.path("readOnly").asBoolean() || isMountedReadOnly(spec, volume));
        if (facts.isEmpty()) {
          return Optional.empty();
        }
        volumes.add(facts.get());
      }
    }
    return Optional.of(volumes);
  }

  /** Returns a volume by its own name, with the claim it is bound to; empty if there is none. */
  Optional<VolumeFacts> volume(String name) {
    return objects
        .object(new ObjectKey(Kind.PERSISTENT_VOLUME, "", name))
        .map(json -> KubeObject.of(json).claimRef())
        .filter(ref -> ref.hasNonNull("name"))
        .flatMap(
            ref ->
                volume(ref.path("namespace").asText(), ref.path("name").asText(), false)
                    .filter(found -> found.volume().equals(name)));
  }

  /** Returns whether every container that mounts a volume mounts it read-only. */
  static boolean isMountedReadOnly(JsonNode spec, JsonNode volume) {
    boolean mounted = false;
    for (String kind : List.of("containers", "initContainers", "ephemeralContainers")) {
      for (JsonNode container : spec.path(kind)) {
        for (JsonNode mount : container.path("volumeMounts")) {
          if (mount.path("name").asText().equals(volume.path("name").asText())) {
            if (!mount.path("readOnly").asBoolean()) {
              return false;
            }
            mounted = true;
          }
        }
        for (JsonNode device : container.path("volumeDevices")) {
          if (device.path("name").asText().equals(volume.path("name").asText())) {
            return false;
          }
        }
      }
    }
    return mounted;
  }

  /** Returns a volume by its claim; empty if either is missing or they are not bound. */
  Optional<VolumeFacts> volume(String namespace, String claimName, boolean readOnly) {
    Optional<JsonNode> claim =
        objects.object(new ObjectKey(Kind.PERSISTENT_VOLUME_CLAIM, namespace, claimName));
    String name = claim.map(json -> KubeObject.of(json).volumeName()).orElse("");
    if (name.isEmpty()) {
      return Optional.empty();
    }
    String claimUid = KubeObject.of(claim.get()).uid();
    return objects
        .object(new ObjectKey(Kind.PERSISTENT_VOLUME, "", name))
        .filter(json -> isBoundTo(KubeObject.of(json).claimRef(), namespace, claimName, claimUid))
        .map(
            json -> {
              JsonNode spec = KubeObject.of(json).spec();
              Optional<String> driver =
                  Optional.of(spec.path("csi").path("driver").asText("")).filter(d -> !d.isEmpty());
              return new VolumeFacts(
                  claimName,
                  claimUid,
                  name,
                  ofMany(KubeObject.of(claim.get()).spec()) && ofMany(spec),
                  readOnly,
                  driver,
                  InTreeSource.of(json),
                  spec.path("csi").path("volumeHandle").asText(""),
                  spec.path("storageClassName").asText(""),
                  driver.flatMap(d -> inventory.csiDriver(d).value()).map(CsiDriver::attaches),
                  spec.path("nodeAffinity"));
            });
  }

  /** Returns whether a volume names this claim: by UID, or by the name alone before it is bound. */
  private static boolean isBoundTo(JsonNode ref, String namespace, String name, String uid) {
    return ref.path("namespace").asText().equals(namespace)
        && ref.path("name").asText().equals(name)
        && ref.path("uid").asText(uid).equals(uid);
  }

  private static boolean ofMany(JsonNode spec) {
    List<String> modes = new ArrayList<>();
    spec.path("accessModes").forEach(mode -> modes.add(mode.asText()));
    return !AccessModes.areReadWriteOncePodAlone(modes)
        && modes.stream().anyMatch(OF_MANY::contains);
  }

  /** Returns whether a workload wants a Pod in place of this one; yes if its owner is not read. */
  boolean wantsReplacement(ObjectKey workload, String pod) {
    return objects
        .object(workload)
        .map(
            object ->
                wantsPod(object, pod)
                    || controller(KubeObject.of(object).metadata())
                        .filter(owner -> owner.kind().isEmpty())
                        .isPresent())
        .orElse(false);
  }

  Inventory inventory() {
    return inventory;
  }

  /** Returns the UID of a claim as it is now; empty if it does not exist. */
  Optional<String> claimUid(String namespace, String name) {
    return objects
        .object(new ObjectKey(Kind.PERSISTENT_VOLUME_CLAIM, namespace, name))
        .map(json -> KubeObject.of(json).uid());
  }

  /** Returns the workload that people know a Pod by: the top of its owners that are read. */
  Optional<ObjectKey> workloadOf(PodFacts pod) {
    Optional<ObjectKey> owner = key(pod.namespace(), pod.controller());
    Optional<ObjectKey> above =
        owner
            .flatMap(objects::object)
            .flatMap(object -> key(pod.namespace(), controller(KubeObject.of(object).metadata())));
    return above.or(() -> owner);
  }

  private static Optional<ObjectKey> key(String namespace, Optional<Controller> controller) {
    return controller.flatMap(
        owner -> owner.kind().map(kind -> new ObjectKey(kind, namespace, owner.name())));
  }
}
