package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectKey;
import java.util.List;
import java.util.Optional;

/**
 * What is moved together: the claims of one workload, or one claim that nobody uses.
 *
 * @param workload that uses them
 * @param template the StatefulSet's claim template that they are made from; empty if none
 * @param claims by their place in the set
 */
record Unit(Optional<ObjectKey> workload, String template, List<Part> claims) {

  /**
   * A claim and its volume as they were first read.
   *
   * @param claim empty if it is gone
   */
  record Part(ClaimKey key, Optional<JsonNode> claim, JsonNode volume) {

    String volumeName() {
      return volume.path("metadata").path("name").asText();
    }

    /** What the volume remembers of a move that was begun. */
    Optional<MigrationRecord> remembered() {
      return MigrationRecord.of(volume);
    }
  }

  Unit {
    claims = List.copyOf(claims);
  }

  boolean isUnderWay() {
    return claims.stream().anyMatch(part -> part.remembered().isPresent());
  }
}
