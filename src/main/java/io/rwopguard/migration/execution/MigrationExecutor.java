package io.rwopguard.migration.execution;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.migration.cluster.ClaimManifest;
import io.rwopguard.migration.cluster.FieldManagers;
import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.cluster.MigrationWrites;
import io.rwopguard.migration.cluster.Snapshots;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.record.ManifestCopy;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.MigrationRun;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.Optional;

/**
 * Performs one step of a migration: one write. It decides nothing: what it writes comes from the
 * observed state on which the step was decided. The API server refuses the write if that state is
 * outdated.
 */
public final class MigrationExecutor {

  private static final ArrayNode NONE = JsonNodeFactory.instance.arrayNode();

  private final MigrationWrites writes;
  private final MigrationScope unit;
  private final RunLock lock;
  private final Optional<String> snapshotClass;

  /**
   * Creates the executor of a migration.
   *
   * @param snapshotClass the VolumeSnapshotClass of the snapshots to create; empty for no snapshots
   */
  public MigrationExecutor(
      MigrationObjects objects, MigrationScope unit, RunLock lock, Optional<String> snapshotClass) {
    this.snapshotClass = snapshotClass;
    this.writes = objects.writes();
    this.unit = unit;
    this.lock = lock;
  }

  /** Performs a step. */
  void act(NextStep next, ObservedState look) {
    if (next instanceof NextStep.VolumeWrite write) {
      ofVolume(write, look);
    } else if (next instanceof NextStep.ClaimWrite write) {
      ofClaim(write, look);
    } else if (next instanceof NextStep.WorkloadWrite write) {
      ofWorkload(write, look);
    } else if (next instanceof NextStep.ClaimCreation creation) {
      lock.isSafe(
          writes.create(
              Kind.PERSISTENT_VOLUME_CLAIM, ClaimManifest.recreated(creation.member(), look)));
    } else if (next instanceof NextStep.SnapshotCreation creation) {
      writes.createSnapshot(
          Snapshots.manifest(
              look.members().get(creation.member()).record(), snapshotClass.orElseThrow()));
    } else if (next instanceof NextStep.SetCreation) {
      lock.isSafe(writes.create(Kind.STATEFUL_SET, newSet(look)));
    } else {
      throw new IllegalStateException(next.toString());
    }
  }

  /** Renews the term of this run. */
  void prolong(ObservedState look) {
    int member = look.remembering().orElseThrow();
    writes.annotate(
        unit.claims().get(member).volumeName(),
        look.members().get(member).volume(),
        annotations -> annotations.put(MigrationRun.ANNOTATION, lock.own().toJson()));
    lock.wasProlonged();
  }

  private void ofVolume(NextStep.VolumeWrite write, ObservedState look) {
    MigrationScope.BoundClaim part = unit.claims().get(write.member());
    MigrationRecord record = look.members().get(write.member()).record();
    JsonNode volume = look.volumes().get(write.member());
    String name = part.volumeName();
    switch (write.step()) {
      case RECORD -> {
        writes.annotate(
            name,
            write.volume(),
            annotations -> {
              annotations
                  .put(MigrationRecord.ANNOTATION, record.toJson())
                  .put(MigrationRun.ANNOTATION, lock.own().toJson());
              // a manual restore has to fit the direction
              ManifestCopy.on(volume, ManifestCopy.OF_CLAIM)
                  .map(copy -> copy.with(asWanted(copy.manifest(), record)))
                  .ifPresent(copy -> copy.putInto(annotations, ManifestCopy.OF_CLAIM));
              ManifestCopy.on(volume, ManifestCopy.OF_SET)
                  .map(copy -> copy.with(setAsWanted(copy.manifest(), record)))
                  .ifPresent(copy -> copy.putInto(annotations, ManifestCopy.OF_SET));
            });
        lock.records(write.volume());
      }
      case RETAIN -> writes.retain(name, write.volume(), record.seenAlone());
      case KEEP_CLAIM -> {
        JsonNode claim = look.claims().get(write.member()).orElseThrow();
        ManifestCopy copy =
            new ManifestCopy(
                ObjectVersion.of(claim),
                asWanted(
                    withManagers(
                        ClaimManifest.of(claim, volume),
                        claim,
                        ManifestCopy.on(volume, ManifestCopy.OF_CLAIM)),
                    record));
        writes.annotate(
            name, write.volume(), annotations -> copy.putInto(annotations, ManifestCopy.OF_CLAIM));
      }
      case RELEASE ->
          writes.release(
              write.volume(),
              volume,
              part.key(),
              look.members().get(write.member()).wantedClaimUid(),
              record.to());
      case KEEP_SET -> {
        JsonNode set = look.object().orElseThrow();
        ManifestCopy copy =
            new ManifestCopy(
                ObjectVersion.of(set),
                setAsWanted(withManagers(ClaimManifest.ofSet(set), set, look.setCopy()), record));
        writes.annotate(
            name, write.volume(), annotations -> copy.putInto(annotations, ManifestCopy.OF_SET));
      }
      case NOTE_SET -> {
        String uid = ObjectVersion.of(look.object().orElseThrow()).uid();
        writes.annotate(
            name,
            write.volume(),
            annotations -> ManifestCopy.note(annotations, ManifestCopy.OF_SET, uid));
      }
      case FINISH, WITHDRAW -> {
        // before the write: even if its answer is lost, the volume has no record anymore
        lock.finishes(write.volume());
        // the policy was changed only together with the note that no other migration was observed
        writes.finish(name, write.volume(), record.alone() ? record.policy() : Optional.empty());
      }
      default -> throw new IllegalStateException(write.toString());
    }
  }

  /**
   * Adds the managers in an earlier copy to the manifest of an object recreated from it, even
   * before they are returned.
   */
  private static ObjectNode withManagers(
      ObjectNode manifest, JsonNode object, Optional<ManifestCopy> earlier) {
    earlier
        .filter(copy -> !copy.of().uid().equals(ObjectVersion.of(object).uid()))
        .ifPresent(
            copy ->
                manifest
                    .withObject("/metadata")
                    .set(
                        "managedFields",
                        FieldManagers.returned(object, managersOf(earlier), NONE)));
    return manifest;
  }

  private static JsonNode asWanted(JsonNode claim, MigrationRecord record) {
    return ClaimManifest.with(claim, record.to());
  }

  private static JsonNode setAsWanted(JsonNode set, MigrationRecord record) {
    return ClaimManifest.ofSet(set, record.template(), record.to(), record.replicas());
  }

  private void ofClaim(NextStep.ClaimWrite write, ObservedState look) {
    ObjectKey key = claimKey(write.member());
    switch (write.step()) {
      case MARK_CLAIM -> mark(key, write.claim());
      case UNMARK_CLAIM -> writes.label(key, write.claim(), Optional.empty());
      case DELETE_CLAIM -> writes.delete(key, write.claim(), "Background");
      case RETURN_CLAIM ->
          writes.managers(
              key,
              write.claim(),
              FieldManagers.returned(
                  look.claims().get(write.member()).orElseThrow(),
                  managersOf(
                      ManifestCopy.on(look.volumes().get(write.member()), ManifestCopy.OF_CLAIM)),
                  NONE));
      default -> throw new IllegalStateException(write.toString());
    }
  }

  private static JsonNode managersOf(Optional<ManifestCopy> copy) {
    return copy.map(made -> KubeObject.of(made.manifest()).managedFields()).orElse(NONE);
  }

  private void ofWorkload(NextStep.WorkloadWrite write, ObservedState look) {
    ObjectKey key = unit.workload().orElseThrow();
    MigrationRecord record = recordOfAll(look);
    switch (write.step()) {
      case MARK_WORKLOAD -> mark(key, write.workload());
      case UNMARK_WORKLOAD -> writes.label(key, write.workload(), Optional.empty());
      case SCALE_DOWN -> writes.scale(key, write.workload(), 0);
      case SCALE_UP -> writes.scale(key, write.workload(), record.replicas());
      case DELETE_SET -> writes.delete(key, write.workload(), "Orphan");
      case RETURN_WORKLOAD ->
          writes.managers(
              key,
              write.workload(),
              FieldManagers.returned(
                  look.object().orElseThrow(), managersOf(look.setCopy()), record.ofReplicas()));
      default -> throw new IllegalStateException(write.toString());
    }
  }

  private void mark(ObjectKey key, ObjectVersion version) {
    writes.label(key, version, Optional.of(lock.id()));
    lock.isSafe(version.uid());
  }

  private ObjectKey claimKey(int member) {
    var claim = unit.claims().get(member).key();
    return new ObjectKey(Kind.PERSISTENT_VOLUME_CLAIM, claim.namespace(), claim.name());
  }

  /** Returns the record of any claim; about the workload, all of them record the same. */
  private static MigrationRecord recordOfAll(ObservedState look) {
    return look.members().get(look.remembering().orElse(0)).record();
  }

  /**
   * Returns the StatefulSet to recreate from its copy, at 0 replicas, to be scaled up like any
   * other workload. If another client has started Pods on claims that are migrated already, the
   * replicas stay, so that these Pods continue to run.
   */
  ObjectNode newSet(ObservedState look) {
    MigrationRecord record = recordOfAll(look);
    boolean runs = look.isMoved() && !look.workload().pods().isEmpty();
    return ClaimManifest.ofSet(
        look.setCopy().orElseThrow().manifest(),
        record.template(),
        record.to(),
        runs ? record.replicas() : 0);
  }
}
