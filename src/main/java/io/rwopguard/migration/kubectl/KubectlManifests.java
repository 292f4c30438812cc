package io.rwopguard.migration.kubectl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.migration.cluster.ClaimManifest;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.record.ManifestCopy;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.ObjectVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Builds the manifests for the kubectl lines from the objects that exist when they are printed. */
final class KubectlManifests {

  private KubectlManifests() {}

  /** Returns a claim with the new access modes. */
  static ObjectNode claim(int member, ObservedState look) {
    return ClaimManifest.recreated(member, copied(member, look));
  }

  /** Returns the StatefulSet with the new access modes, at 0 replicas. */
  static JsonNode set(ObservedState look) {
    MigrationRecord record = look.members().get(0).record();
    JsonNode manifest =
        look.object()
            .<JsonNode>map(ClaimManifest::ofSet)
            .orElseGet(() -> look.setCopy().orElseThrow().manifest());
    return ClaimManifest.ofSet(manifest, record.template(), record.to(), 0);
  }

  /** Returns the state as it will be by then, with a copy of the claim on the volume. */
  private static ObservedState copied(int member, ObservedState look) {
    Optional<JsonNode> claim = look.claims().get(member);
    if (claim.isEmpty()) {
      return look;
    }
    JsonNode volume = look.volumes().get(member);
    ObjectNode with = volume.deepCopy();
    new ManifestCopy(ObjectVersion.of(claim.get()), ClaimManifest.of(claim.get(), volume))
        .putInto(with.withObject("/metadata/annotations"), ManifestCopy.OF_CLAIM);
    List<JsonNode> volumes = new ArrayList<>(look.volumes());
    volumes.set(member, with);
    return new ObservedState(
        look.members(), look.workload(), volumes, look.claims(), look.object());
  }
}
