package io.rwopguard.migration.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.kube.Resources;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.KubeObject;
import java.util.Optional;

/**
 * Builds and reads snapshots ({@code snapshot.storage.k8s.io/v1}) of volumes before their claims
 * are migrated. They stay: the user decides when they are no longer needed.
 */
public final class Snapshots {

  private Snapshots() {}

  /** Returns a snapshot of a claim with this VolumeSnapshotClass; empty is the driver's default. */
  public static ObjectNode manifest(MigrationRecord record, String snapshotClass) {
    ObjectNode snapshot = JsonNodeFactory.instance.objectNode();
    snapshot
        .put("apiVersion", Resources.VOLUME_SNAPSHOTS.getGroup() + "/v1")
        .put("kind", Resources.VOLUME_SNAPSHOTS.getKind());
    snapshot
        .putObject("metadata")
        .put("name", record.snapshotName())
        .put("namespace", record.claim().namespace());
    ObjectNode spec = snapshot.putObject("spec");
    spec.putObject("source").put("persistentVolumeClaimName", record.claim().name());
    if (!snapshotClass.isEmpty()) {
      spec.put("volumeSnapshotClassName", snapshotClass);
    }
    return snapshot;
  }

  /** Returns whether a snapshot is ready to use. */
  public static boolean isReady(JsonNode snapshot) {
    return KubeObject.of(snapshot).status().path("readyToUse").asBoolean();
  }

  /** Returns why a snapshot could not be created; empty if it is ready or reports no error. */
  public static Optional<String> errorOf(JsonNode snapshot) {
    return isReady(snapshot)
        ? Optional.empty()
        : Optional.of(KubeObject.of(snapshot).status().path("error").path("message").asText(""))
            .filter(text -> !text.isEmpty());
  }
}
