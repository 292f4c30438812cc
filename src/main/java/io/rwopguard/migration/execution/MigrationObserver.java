package io.rwopguard.migration.execution;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.rwopguard.migration.cluster.FieldManagers;
import io.rwopguard.migration.cluster.MigrationObjects;
import io.rwopguard.migration.cluster.Snapshots;
import io.rwopguard.migration.plan.ClaimState;
import io.rwopguard.migration.plan.ClaimState.Claim;
import io.rwopguard.migration.plan.MigrationOptions;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Wait;
import io.rwopguard.migration.plan.Workload;
import io.rwopguard.migration.record.ManifestCopy;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.migration.scope.ClaimBinding;
import io.rwopguard.migration.scope.MigrationScopeResolver;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Observes the progress of a migration in the live cluster. */
public final class MigrationObserver {

  private static final String RETAIN = "Retain";
  private static final Duration SNAPSHOT_FAILED = Duration.ofSeconds(15);

  private final MigrationObjects objects;
  private final MigrationScopeResolver finder;
  private final MigrationScope unit;
  private final MigrationOptions options;
  private final boolean rollback;
  private final RunLock lock;
  private final InstantSource clock;
  private final RecordFactory first;
  private final PodTermination end;
  private final boolean withoutAttachment;

  private Optional<String> scaledToZero = Optional.empty();

  /** Whether a failed snapshot is a reason to stop. */
  private boolean ofSnapshots = true;

  /** The time since when the snapshot of a claim has an error. */
  private final Map<ClaimKey, Instant> failedSince = new HashMap<>();

  /** The UIDs of objects whose fields are no longer returned. */
  private final Set<String> kept = new HashSet<>();

  /**
   * Creates the observer of a migration.
   *
   * @param rollback whether the migration rolls back, which a resumed one may do without the option
   */
  public MigrationObserver(
      MigrationObjects objects,
      MigrationScopeResolver finder,
      MigrationScope unit,
      MigrationOptions options,
      boolean rollback,
      RunLock lock,
      InstantSource clock) {
    this.objects = objects;
    this.finder = finder;
    this.unit = unit;
    this.options = options;
    this.rollback = rollback;
    this.lock = lock;
    this.clock = clock;
    this.first = new RecordFactory(unit, options.fleet(), clock);
    this.end = new PodTermination(clock);
    this.withoutAttachment = objects.isWithoutAttachment(unit);
  }

  /**
   * Observes all objects of the migration. It reads the volumes first and last, until they have not
   * changed in between. The volumes name the run that performs the migration. If that is this run,
   * no other run changed claims and workload before. A run that takes over afterwards labels them,
   * so that what this run decides here has no effect.
   *
   * @throws RefusedException if another run performs the migration, or a volume does not exist
   */
  public ObservedState look() {
    while (true) {
      List<JsonNode> before = volumes();
      List<JsonNode> pods = pods();
      boolean attached =
          unit.claims().stream().anyMatch(part -> objects.isAttached(part.volumeName()));
      Optional<JsonNode> object = unit.workload().flatMap(objects::object);
      List<Optional<JsonNode>> claims =
          unit.claims().stream().map(part -> objects.claim(part.key())).toList();
      List<JsonNode> volumes = volumes();
      // the record must not come from a moment in which another run was working
      if (versions(before).equals(versions(volumes))) {
        return look(pods, attached, object, claims, volumes);
      }
    }
  }

  /** Observes everything once more, to report the final state. */
  ObservedState lookBack() {
    ofSnapshots = false;
    return look();
  }

  private List<JsonNode> volumes() {
    return unit.claims().stream().map(this::volume).toList();
  }

  private static List<ObjectVersion> versions(List<JsonNode> objects) {
    return objects.stream().map(ObjectVersion::of).toList();
  }

  private ObservedState look(
      List<JsonNode> pods,
      boolean attached,
      Optional<JsonNode> object,
      List<Optional<JsonNode>> claims,
      List<JsonNode> volumes) {
    List<Boolean> held = new ArrayList<>();
    for (JsonNode volume : volumes) {
      held.add(lock.holds(volume, MigrationRecord.of(volume).isPresent()));
    }
    Optional<MigrationRecord> known =
        volumes.stream().flatMap(volume -> MigrationRecord.of(volume).stream()).findFirst();
    List<String> nodes =
        pods.stream()
            .map(pod -> KubeObject.of(pod).nodeName())
            .filter(node -> !node.isEmpty())
            .distinct()
            .sorted()
            .toList();
    List<ClaimState> members = new ArrayList<>();
    for (int i = 0; i < volumes.size(); i++) {
      BoundClaim part = new BoundClaim(unit.claims().get(i).key(), claims.get(i), volumes.get(i));
      members.add(member(part, known, object, nodes, held.get(i)));
    }
    Optional<ManifestCopy> copy = ObservedState.setCopy(volumes);
    Optional<String> uid = object.map(json -> ObjectVersion.of(json).uid());
    Workload workload =
        new Workload(
            object.map(json -> seen(json, members.get(0).record(), copy)),
            names(pods),
            attached,
            unended(pods, known, object),
            copy.filter(made -> made.made().isEmpty()).isPresent(),
            copy.filter(made -> isUnnoted(made, uid))
                .flatMap(any -> ObservedState.setCopyAt(volumes)));
    return new ObservedState(members, workload, volumes, claims, object);
  }

  /** Returns whether the StatefulSet is not the copied one, and the copy does not say so. */
  private static boolean isUnnoted(ManifestCopy copy, Optional<String> uid) {
    return uid.isPresent() && !uid.get().equals(copy.of().uid()) && !uid.equals(copy.made());
  }

  private JsonNode volume(BoundClaim part) {
    return objects
        .volume(part.volumeName())
        .orElseThrow(
            () ->
                new RefusedException(
                    "volume %s does not exist. Restore its data from a backup into a new claim."
                        .formatted(part.volumeName())));
  }

  private ClaimState member(
      BoundClaim part,
      Optional<MigrationRecord> known,
      Optional<JsonNode> object,
      List<String> nodes,
      boolean held) {
    JsonNode volume = part.volume();
    KubeObject now = KubeObject.of(volume);
    Optional<MigrationRecord> written = part.remembered();
    MigrationRecord found =
        written.orElseGet(() -> first.of(part, object, known, nodes)).going(rollback);
    int replicas = RecordFactory.replicas(object, found.replicas());
    if (written.isPresent() && replicas == 0 && found.replicas() > 0) {
      scaledToZero =
          Optional.of(
              "another client scaled %s from %d to 0, so it stays at 0. Scale it up when you are ready"
                  .formatted(unit.workload().orElseThrow(), found.replicas()));
    }
    MigrationRecord record = found.scaledTo(replicas);
    if (withoutAttachment) {
      record = record.withNodes(nodes);
    }
    boolean changed = written.isPresent() && !record.equals(found);
    return new ClaimState(
        record,
        ObjectVersion.of(volume),
        written.isPresent(),
        held && !changed && written.filter(each -> each.rollback() == rollback).isPresent(),
        record.alone() && now.reclaimPolicy().equals(RETAIN),
        now.accessModes(),
        now.claimRef().path("uid").asText(""),
        claimOf(part, record));
  }

  private Optional<Claim> claimOf(BoundClaim part, MigrationRecord record) {
    ClaimBinding.belongsElsewhere(part)
        .or(() -> ClaimBinding.boundElsewhere(part, part.claim()))
        .ifPresent(
            why -> {
              throw new RefusedException(why);
            });
    return part.claim().map(claim -> claim(part, claim, record));
  }

  private Claim claim(BoundClaim part, JsonNode claim, MigrationRecord record) {
    ObjectVersion version = ObjectVersion.of(claim);
    Optional<ManifestCopy> copy = ManifestCopy.on(part.volume(), ManifestCopy.OF_CLAIM);
    return new Claim(
        version,
        KubeObject.of(claim).accessModes(),
        KubeObject.of(claim).isBeingDeleted(),
        isBound(part.volume()) && isBound(claim),
        ClaimBinding.isSettled(claim, part.volumeName()),
        copy.filter(made -> made.of().equals(version)).isPresent(),
        copy.isEmpty() || isReturned(claim, version),
        lock.markOf(claim),
        snapshot(record));
  }

  private ClaimState.Snapshot snapshot(MigrationRecord record) {
    if (options.snapshotClass().isEmpty()) {
      return ClaimState.Snapshot.NOT_WANTED;
    }
    Optional<JsonNode> found = objects.snapshot(record.claim().namespace(), record.snapshotName());
    if (ofSnapshots) {
      found.flatMap(Snapshots::errorOf).ifPresent(error -> failed(record, error));
    }
    return found
        .map(
            each ->
                Snapshots.isReady(each) ? ClaimState.Snapshot.READY : ClaimState.Snapshot.PENDING)
        .orElse(ClaimState.Snapshot.MISSING);
  }

  /**
   * Refuses a snapshot whose error persists: its controller retries, and removes a temporary one.
   */
  private void failed(MigrationRecord record, String error) {
    Instant since = failedSince.computeIfAbsent(record.claim(), any -> clock.instant());
    if (since.plus(SNAPSHOT_FAILED).isBefore(clock.instant())) {
      throw new RefusedException(
          "VolumeSnapshot %s/%s failed (%s). Delete it, and run the command again with or without --snapshot."
              .formatted(record.claim().namespace(), record.snapshotName(), error));
    }
  }

  private static boolean isBound(JsonNode object) {
    return KubeObject.of(object).phase().equals("Bound");
  }

  private Workload.Seen seen(JsonNode json, MigrationRecord record, Optional<ManifestCopy> copy) {
    ObjectVersion version = ObjectVersion.of(json);
    return new Workload.Seen(
        version,
        KubeObject.of(json).isBeingDeleted(),
        KubeObject.of(json).replicas(),
        unit.template().isEmpty() || templateFits(json, record),
        copy.filter(made -> made.of().equals(version)).isPresent(),
        isReturned(json, version),
        lock.markOf(json));
  }

  private boolean templateFits(JsonNode set, MigrationRecord record) {
    for (JsonNode template : KubeObject.of(set).spec().path("volumeClaimTemplates")) {
      if (KubeObject.of(template).name().equals(unit.template())) {
        return KubeObject.of(template).accessModes().equals(record.to());
      }
    }
    return true;
  }

  private Optional<Wait> unended(
      List<JsonNode> pods, Optional<MigrationRecord> known, Optional<JsonNode> object) {
    Optional<ObjectKey> set = unit.workload().filter(key -> key.kind() == Kind.STATEFUL_SET);
    if (set.isPresent() && object.filter(MigrationObserver::isUnobserved).isPresent()) {
      return set.map(Wait.ChangeObserved::new);
    }
    if (!withoutAttachment) {
      return Optional.empty();
    }
    List<String> unready = objects.unreadyNodes();
    List<String> lost = known.map(MigrationRecord::nodes).orElse(List.of());
    return lost.stream()
        .filter(unready::contains)
        .findFirst()
        .<Wait>map(Wait.NodeReady::new)
        .or(() -> end.awaited(pods, known.isPresent(), grace(object), unready));
  }

  /**
   * Returns whether the controller has not observed the last change. A StatefulSet controller that
   * has not observed 0 replicas recreates a deleted claim. Other controllers create no claims, and
   * a Deployment's may never observe a change.
   */
  private static boolean isUnobserved(JsonNode workload) {
    JsonNode observed = KubeObject.of(workload).status().path("observedGeneration");
    return observed.isNumber() && observed.asLong() < KubeObject.of(workload).generation();
  }

  private static Duration grace(Optional<JsonNode> object) {
    return PodTermination.graceOf(
        object
            .map(json -> KubeObject.of(json).podSpec())
            .orElseGet(JsonNodeFactory.instance::objectNode));
  }

  /** Returns whether the driver of one of the volumes does not attach it. */
  public boolean isWithoutAttachment() {
    return withoutAttachment;
  }

  /** Returns the Pods that use the claims and have not ended. */
  public List<JsonNode> pods() {
    return unit.claims().stream()
        .map(BoundClaim::key)
        .flatMap(key -> finder.podObjectsOf(key).stream())
        .distinct()
        .toList();
  }

  private static List<String> names(List<JsonNode> pods) {
    return pods.stream().map(pod -> KubeObject.of(pod).name()).distinct().sorted().toList();
  }

  private boolean isReturned(JsonNode object, ObjectVersion version) {
    return kept.contains(version.uid()) || FieldManagers.areReturned(object);
  }

  /** Returns a message for the user if another client has scaled the workload to 0. */
  Optional<String> scaledToZero() {
    return scaledToZero;
  }

  /** Gives up on returning the fields of this object. */
  void keepFields(ObjectVersion version) {
    kept.add(version.uid());
  }
}
