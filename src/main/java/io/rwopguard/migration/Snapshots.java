package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.cluster.Resources;
import java.util.Optional;

/**
 * Snapshots ({@code snapshot.storage.k8s.io/v1}) of volumes before their claims are moved. They
 * stay: whoever wanted them decides when they are not needed any more.
 */
final class Snapshots {

  private static final int LONGEST_NAME = 200;

  private Snapshots() {}

  /** The name of the snapshot of one move of a claim; a run that resumes it finds the same. */
  static String nameOf(MigrationRecord record) {
    String claim = record.claim().name();
    return "%s-rwop-guard-%d"
        .formatted(
            claim.substring(0, Math.min(claim.length(), LONGEST_NAME)),
            record.since().getEpochSecond());
  }

  /** Of a claim, by this VolumeSnapshotClass; empty is the driver's default. */
  static ObjectNode manifest(MigrationRecord record, String snapshotClass) {
    ObjectNode snapshot = JsonNodeFactory.instance.objectNode();
    snapshot
        .put("apiVersion", Resources.VOLUME_SNAPSHOTS.getGroup() + "/v1")
        .put("kind", Resources.VOLUME_SNAPSHOTS.getKind());
    snapshot
        .putObject("metadata")
        .put("name", nameOf(record))
        .put("namespace", record.claim().namespace());
    ObjectNode spec = snapshot.putObject("spec");
    spec.putObject("source").put("persistentVolumeClaimName", record.claim().name());
    if (!snapshotClass.isEmpty()) {
      spec.put("volumeSnapshotClassName", snapshotClass);
    }
    return snapshot;
  }

  static boolean isReady(JsonNode snapshot) {
    return snapshot.path("status").path("readyToUse").asBoolean();
  }

  /** Why it could not be made; empty if that is not known. */
  static Optional<String> errorOf(JsonNode snapshot) {
    return isReady(snapshot)
        ? Optional.empty()
        : Optional.of(snapshot.path("status").path("error").path("message").asText(""))
            .filter(text -> !text.isEmpty());
  }
}
