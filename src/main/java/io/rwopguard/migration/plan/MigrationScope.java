package io.rwopguard.migration.plan;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import java.util.Optional;

/**
 * The claims that are migrated together: those of one workload, or one claim that no workload uses.
 *
 * @param workload the workload that uses them
 * @param template the claim template of the StatefulSet that they come from; empty if none
 * @param claims the claims, in the order of their names
 */
public record MigrationScope(
    Optional<ObjectKey> workload, String template, List<BoundClaim> claims) {

  /**
   * A claim and its volume as they were first read.
   *
   * @param claim the claim; empty if it does not exist
   */
  public record BoundClaim(ClaimKey key, Optional<JsonNode> claim, JsonNode volume) {

    /** Returns the name of the volume. */
    public String volumeName() {
      return KubeObject.of(volume).name();
    }

    /** Returns the record of a migration on the volume. */
    public Optional<MigrationRecord> remembered() {
      return MigrationRecord.of(volume);
    }
  }

  public MigrationScope {
    claims = List.copyOf(claims);
  }

  /** Returns whether a volume records that the migration was started. */
  public boolean isUnderWay() {
    return claims.stream().anyMatch(part -> part.remembered().isPresent());
  }
}
