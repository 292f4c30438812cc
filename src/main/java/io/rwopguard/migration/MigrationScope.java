package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
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
record MigrationScope(Optional<ObjectKey> workload, String template, List<BoundClaim> claims) {

  /**
   * A claim and its volume as they were first read.
   *
   * @param claim the claim; empty if it does not exist
   */
  record BoundClaim(ClaimKey key, Optional<JsonNode> claim, JsonNode volume) {

    String volumeName() {
      return KubeObject.of(volume).name();
    }

    /** Returns the record of a migration on the volume. */
    Optional<MigrationRecord> remembered() {
      return MigrationRecord.of(volume);
    }
  }

  MigrationScope {
    claims = List.copyOf(claims);
  }

  boolean isUnderWay() {
    return claims.stream().anyMatch(part -> part.remembered().isPresent());
  }
}
