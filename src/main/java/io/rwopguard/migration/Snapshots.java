package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.KubeObject;
import java.util.Optional;

/**
 * Builds and reads snapshots ({@code snapshot.storage.k8s.io/v1}) of volumes before their claims
 * are migrated. They stay: the user decides when they are no longer needed.
 */
final class Snapshots {

  private static final int LONGEST_NAME = 200;

  private Snapshots() {}

  /** Returns the name of the snapshot for one migration of a claim, the same for every run. */
  static String nameOf(MigrationRecord record) {
    String claim = record.claim().name();
    return "%s-rwop-guard-%d"
        .formatted(
            claim.substring(0, Math.min(claim.length(), LONGEST_NAME)),
            record.since().getEpochSecond());
  }

  /** Returns a snapshot of a claim with this VolumeSnapshotClass; empty is the driver's default. */
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
    return KubeObject.of(snapshot).status().path("readyToUse").asBoolean();
  }

  /** Returns why a snapshot could not be created; empty if it is ready or reports no error. */
  static Optional<String> errorOf(JsonNode snapshot) {
    return isReady(snapshot)
        ? Optional.empty()
        : Optional.of(KubeObject.of(snapshot).status().path("error").path("message").asText(""))
            .filter(text -> !text.isEmpty());
  }
}
