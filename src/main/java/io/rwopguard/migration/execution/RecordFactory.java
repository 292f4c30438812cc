package io.rwopguard.migration.execution;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.rwopguard.migration.cluster.FieldManagers;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.KubeObject;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** Creates the record of a migration that is about to start. */
final class RecordFactory {

  private final MigrationScope unit;
  private final String fleet;
  private final InstantSource clock;

  RecordFactory(MigrationScope unit, String fleet, InstantSource clock) {
    this.unit = unit;
    this.fleet = fleet;
    this.clock = clock;
  }

  /** Returns the record of a claim; facts about the whole migration come from another record. */
  MigrationRecord of(
      BoundClaim part,
      Optional<JsonNode> workload,
      Optional<MigrationRecord> known,
      List<String> nodes) {
    String policy =
        KubeObject.of(part.volume()).spec().path("persistentVolumeReclaimPolicy").asText("Retain");
    boolean halfDone = part.claim().isEmpty() || disagree(part);
    return new MigrationRecord(
        part.key(),
        unit.claims().stream().map(each -> each.key().name()).toList(),
        MigrationRecord.SHARED,
        false,
        // the former policy of a manual migration is not known
        halfDone && policy.equals("Retain") ? Optional.empty() : Optional.of(policy),
        unit.workload(),
        unit.template(),
        known
            .map(MigrationRecord::replicas)
            .orElseGet(() -> workload.map(json -> KubeObject.of(json).replicas()).orElse(0)),
        known
            .map(MigrationRecord::ofReplicas)
            .orElseGet(
                () ->
                    workload
                        .<JsonNode>map(FieldManagers::ofReplicas)
                        .orElseGet(JsonNodeFactory.instance::arrayNode)),
        known
            .map(MigrationRecord::since)
            .orElseGet(() -> clock.instant().truncatedTo(ChronoUnit.SECONDS)),
        known.map(MigrationRecord::fleet).orElse(fleet),
        known.map(MigrationRecord::nodes).orElse(nodes),
        false);
  }

  private static boolean disagree(BoundClaim part) {
    List<String> ofVolume = KubeObject.of(part.volume()).accessModes();
    return part.claim()
        .map(claim -> KubeObject.of(claim).accessModes())
        .filter(ofClaim -> !ofClaim.equals(ofVolume))
        .isPresent();
  }

  /** Returns the replicas to restore; a change by another client meanwhile counts. */
  static int replicas(Optional<JsonNode> object, int before) {
    if (object.isEmpty()) {
      return before;
    }
    int now = KubeObject.of(object.get()).replicas();
    return now > 0 || FieldManagers.isScaledByAnother(object.get()) ? now : before;
  }
}
