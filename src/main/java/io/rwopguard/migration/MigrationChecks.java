package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.Migration.Vouched;
import io.rwopguard.migration.Unit.Part;
import io.rwopguard.workload.InTreeSource;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What speaks against a move before its first step: a reason is better than half a move. */
final class MigrationChecks {

  private static final Set<Kind> SCALED =
      EnumSet.of(Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.REPLICA_SET, Kind.REPLICATION_CONTROLLER);

  private static final String PROTECTION = "kubernetes.io/pvc-protection";

  /** By which GitOps tools mark what they keep as it is in git. */
  private static final List<String> GITOPS =
      List.of(
          "argocd.argoproj.io/instance",
          "argocd.argoproj.io/tracking-id",
          "kustomize.toolkit.fluxcd.io/name",
          "helm.toolkit.fluxcd.io/name");

  private final MigrationObjects objects;
  private final UnitFinder finder;
  private final Vouched vouched;
  private final List<String> problems = new ArrayList<>();
  private final Set<String> drivers = new HashSet<>();

  MigrationChecks(MigrationObjects objects, UnitFinder finder, Vouched vouched) {
    this.objects = objects;
    this.finder = finder;
    this.vouched = vouched;
  }

  /** All that speaks against it, each with what to do. */
  List<String> problems(Unit unit) {
    for (Part part : unit.claims()) {
      volume(part);
      part.claim().ifPresent(claim -> claim(part, claim, unit));
    }
    unit.workload().ifPresent(key -> workload(unit, key));
    quota(unit);
    return List.copyOf(problems);
  }

  private void refuse(String why) {
    problems.add(why);
  }

  private void volume(Part part) {
    JsonNode spec = part.volume().path("spec");
    String name = part.volumeName();
    String driver = spec.path("csi").path("driver").asText("");
    if (driver.isEmpty()) {
      refuse(
          InTreeSource.of(spec)
              .map(
                  source ->
                      "volume %s is served by %s, but its object is in-tree (%s); recreate the PersistentVolume with a csi source first, as docs/migration.md describes"
                          .formatted(name, source.driver(), source.field()))
              .orElse(
                  "volume "
                      + name
                      + " is no CSI volume, and only CSI drivers enforce ReadWriteOncePod at the storage; keep ReadWriteOnce"));
    } else if (!vouched.driverIsCapable()) {
      // the claims of a set mostly have the same
      if (drivers.add(driver)) {
        problems.addAll(DriverCheck.problems(objects, driver));
      }
    }
    List<String> modes = MigrationRecord.texts(spec.path("accessModes"));
    if (!modes.equals(MigrationRecord.SHARED) && !modes.equals(MigrationRecord.EXCLUSIVE)) {
      refuse(
          "volume "
              + name
              + " has access modes "
              + modes
              + "; only one that is ReadWriteOnce alone is for a single node now: leave it, or set it to [\"ReadWriteOnce\"] first");
    }
    JsonNode reference = spec.path("claimRef");
    if (reference.isObject()
        && !(reference.path("name").asText().equals(part.key().name())
            && reference.path("namespace").asText().equals(part.key().namespace()))) {
      refuse(
          "volume "
              + name
              + " belongs to claim "
              + reference.path("namespace").asText()
              + "/"
              + reference.path("name").asText()
              + " by now; move that one");
    }
    if (part.volume().path("metadata").hasNonNull("deletionTimestamp")) {
      refuse(
          "volume "
              + name
              + " is being deleted; save its data, nothing can be moved around it any more");
    }
  }

  private void claim(Part part, JsonNode claim, Unit unit) {
    JsonNode metadata = claim.path("metadata");
    if (metadata.hasNonNull("deletionTimestamp")) {
      refuse("claim " + part.key() + " is being deleted; wait until it is gone, and ask again");
    }
    List<String> modes = MigrationRecord.texts(claim.path("spec").path("accessModes"));
    if (!modes.equals(MigrationRecord.SHARED) && !modes.equals(MigrationRecord.EXCLUSIVE)) {
      refuse(
          "claim "
              + part.key()
              + " has access modes "
              + modes
              + "; only ReadWriteOnce alone can become ReadWriteOncePod: leave it, or bind its volume to a claim of that mode first");
    }
    for (JsonNode finalizer : metadata.path("finalizers")) {
      if (!finalizer.asText().equals(PROTECTION)) {
        refuse(
            "finalizer "
                + finalizer.asText()
                + " would keep claim "
                + part.key()
                + " from going; remove it first, or the controller that set it");
      }
    }
    for (JsonNode owner : metadata.path("ownerReferences")) {
      String kind = owner.path("kind").asText();
      if (!kind.equals("StatefulSet") && !kind.equals("Pod")) {
        refuse(
            "claim "
                + part.key()
                + " is owned by "
                + kind
                + " "
                + owner.path("name").asText()
                + ", which would make another; move it by that");
      }
      if (kind.equals("Pod")) {
        refuse(
            "claim "
                + part.key()
                + " is a Pod's ephemeral one, and ends with it; write accessModes: [\"ReadWriteOncePod\"] in its template");
      }
    }
    if (unit.workload().isEmpty() || unit.template().isEmpty()) {
      long pods =
          finder.usersOf(part.key()).stream()
              .filter(user -> user.key().kind() == Kind.POD && !user.beingDeleted())
              .count();
      if (pods > 1) {
        refuse(
            "claim "
                + part.key()
                + " is used by "
                + pods
                + " Pods; ReadWriteOncePod is for one, scale down first");
      }
    }
  }

  private void workload(Unit unit, ObjectKey key) {
    if (!SCALED.contains(key.kind())) {
      refuse(
          key.kind() == Kind.POD
              ? key + " uses the claim and nothing would recreate it; delete it first"
              : key + " uses the claim and cannot be scaled to 0; delete it, or let it end, first");
      return;
    }
    Optional<JsonNode> found = objects.object(key);
    if (found.isEmpty()) {
      return;
    }
    JsonNode workload = found.get();
    JsonNode metadata = workload.path("metadata");
    int replicas = workload.path("spec").path("replicas").asInt(1);
    if (unit.template().isEmpty() && replicas > 1) {
      refuse(
          key
              + " runs "
              + replicas
              + " Pods on one claim; ReadWriteOncePod is for one, scale it to 1 first");
    }
    for (JsonNode owner : metadata.path("ownerReferences")) {
      if (owner.path("controller").asBoolean()) {
        refuse(
            key
                + " is kept by "
                + owner.path("kind").asText()
                + " "
                + owner.path("name").asText()
                + ", which would scale it back; move it by that, or stop it first");
      }
    }
    for (String mark : GITOPS) {
      boolean marked = metadata.path("labels").has(mark) || metadata.path("annotations").has(mark);
      if (marked && !vouched.gitOpsIsPaused()) {
        refuse(
            key
                + " is marked "
                + mark
                + ": a GitOps tool would scale it back in the middle; pause that, write the new access mode in git, and then say --gitops-is-paused");
      }
    }
    if (workload
        .path("spec")
        .path("persistentVolumeClaimRetentionPolicy")
        .path("whenScaled")
        .asText()
        .equals("Delete")) {
      refuse(
          key
              + " deletes its claims when it is scaled down (persistentVolumeClaimRetentionPolicy.whenScaled); set that to Retain first");
    }
    autoscalers(key);
  }

  private void autoscalers(ObjectKey key) {
    for (JsonNode autoscaler : objects.autoscalers(key.namespace())) {
      JsonNode target = autoscaler.path("spec").path("scaleTargetRef");
      if (target.path("kind").asText().equals(key.kind().kindName())
          && target.path("name").asText().equals(key.name())) {
        refuse(
            "HorizontalPodAutoscaler "
                + autoscaler.path("metadata").path("name").asText()
                + " would scale "
                + key
                + " back; delete it first");
      }
    }
  }

  /** A quota that is used up already would let the claim go and not come again. */
  private void quota(Unit unit) {
    String namespace = unit.claims().get(0).key().namespace();
    for (JsonNode quota : objects.quotas(namespace)) {
      for (var hard : quota.path("status").path("hard").properties()) {
        String name = hard.getKey();
        boolean concerns =
            name.endsWith("persistentvolumeclaims") || name.endsWith("requests.storage");
        if (concerns
            && Quantities.isMore(
                quota.path("status").path("used").path(name).asText("0"),
                hard.getValue().asText())) {
          refuse(
              "quota "
                  + quota.path("metadata").path("name").asText()
                  + " of namespace "
                  + namespace
                  + " is exceeded for "
                  + name
                  + ", so a claim could be deleted and not recreated; raise it first");
        }
      }
    }
  }
}
