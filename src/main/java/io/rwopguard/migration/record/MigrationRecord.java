package io.rwopguard.migration.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.AccessModes;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The record of a claim while it is recreated, kept on its volume, which outlives the claim. The
 * record contains no progress, which the objects themselves show. A copy of an object is created
 * when the object is deleted.
 *
 * @param claim the claim
 * @param claims all claims that are migrated together, including this one
 * @param from the former access modes of the claim
 * @param rollback whether the claim returns to those
 * @param policy the volume's reclaim policy to restore; empty if it is to stay Retain
 * @param workload the workload that uses the claim
 * @param template the claim template of the StatefulSet that the claim comes from; empty if none
 * @param replicas the former replicas of the workload
 * @param ofReplicas the former managers of the number of replicas, as entries of managedFields
 * @param since when the migration started
 * @param fleet the fleet that it belongs to; empty if none
 * @param nodes the nodes on which Pods have used the claims since
 * @param alone whether, after this was recorded, no other migration of the workload was in
 *     progress. Until then nothing is changed, and the migration may be withdrawn
 */
public record MigrationRecord(
    ClaimKey claim,
    List<String> claims,
    List<String> from,
    boolean rollback,
    Optional<String> policy,
    Optional<ObjectKey> workload,
    String template,
    int replicas,
    JsonNode ofReplicas,
    Instant since,
    String fleet,
    List<String> nodes,
    boolean alone) {

  /** The annotation of the PersistentVolume with the record. */
  public static final String ANNOTATION = "rwop-guard.io/migration";

  /** The access modes before a migration. */
  public static final List<String> SHARED = List.of("ReadWriteOnce");

  /** The access modes after a migration. */
  public static final List<String> EXCLUSIVE = List.of(AccessModes.READ_WRITE_ONCE_POD);

  /** The longest part of a claim's name in the name of its snapshot. */
  private static final int LONGEST_SNAPSHOT_NAME = 200;

  public MigrationRecord {
    claims = List.copyOf(claims);
    from = List.copyOf(from);
    nodes = List.copyOf(nodes);
  }

  /** Returns the access modes that claim and volume are to have in the end. */
  public List<String> to() {
    return rollback ? from : EXCLUSIVE;
  }

  /** Returns the record for this direction. */
  public MigrationRecord going(boolean back) {
    return with(back, replicas, nodes, alone);
  }

  /** Returns the record for a workload that another client has scaled since. */
  public MigrationRecord scaledTo(int number) {
    return with(rollback, number, nodes, alone);
  }

  /** Returns the record for Pods that have used the claims on these nodes, too. */
  public MigrationRecord withNodes(Collection<String> more) {
    Set<String> all = new TreeSet<>(nodes);
    all.addAll(more);
    return with(rollback, replicas, List.copyOf(all), alone);
  }

  /** Returns the record after a check that observed no other migration of the workload. */
  public MigrationRecord seenAlone() {
    return with(rollback, replicas, nodes, true);
  }

  private MigrationRecord with(boolean back, int number, List<String> on, boolean seenAlone) {
    return new MigrationRecord(
        claim,
        claims,
        from,
        back,
        policy,
        workload,
        template,
        number,
        ofReplicas,
        since,
        fleet,
        on,
        seenAlone);
  }

  /** Returns the name of the snapshot of the claim for this migration, the same for every run. */
  public String snapshotName() {
    String name = claim.name();
    return "%s-rwop-guard-%d"
        .formatted(
            name.substring(0, Math.min(name.length(), LONGEST_SNAPSHOT_NAME)),
            since.getEpochSecond());
  }

  /** Returns the record as JSON, for the annotation. */
  public String toJson() {
    return MigrationJournal.write(this);
  }

  /** Reads the record of a migration on a volume. */
  public static Optional<MigrationRecord> of(JsonNode volume) {
    JsonNode written = KubeObject.of(volume).annotations().path(ANNOTATION);
    return written.isTextual() ? Optional.of(parse(written.asText())) : Optional.empty();
  }

  /**
   * Parses a record.
   *
   * @throws IllegalStateException if another program wrote the text
   */
  public static MigrationRecord parse(String text) {
    return MigrationJournal.readRecord(text);
  }
}
