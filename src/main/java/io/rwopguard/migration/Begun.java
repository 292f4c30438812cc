package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Represents a move in progress, or one that was broken off, as one of its volumes records it.
 *
 * @param run that performs the move, or did
 */
record Begun(MigrationRecord record, Optional<MigrationRun> run) {

  private static final Logger LOG = Logger.getLogger(Begun.class);

  /** Finds those that volumes record. */
  static List<Begun> of(List<JsonNode> volumes) {
    List<Begun> all = new ArrayList<>();
    for (JsonNode volume : volumes) {
      try {
        MigrationRecord.of(volume)
            // one that another claim has got by now is not moved any more
            .filter(record -> ClaimBinding.isVolumeOf(record.claim(), volume))
            .ifPresent(record -> all.add(new Begun(record, MigrationRun.of(volume))));
      } catch (IllegalStateException e) {
        // another program's annotation on one volume does not hold up the others
        LOG.warnf("Volume %s: %s", Surroundings.nameOf(volume), e.getMessage());
      }
    }
    return all;
  }

  /** Finds the move of another claim that the workload of these claims uses as well. */
  static Optional<MigrationRecord> ofSameWorkload(List<JsonNode> volumes, Unit unit) {
    return of(volumes).stream()
        .map(Begun::record)
        .filter(record -> unit.workload().isPresent() && record.workload().equals(unit.workload()))
        .filter(
            record -> unit.claims().stream().noneMatch(part -> part.key().equals(record.claim())))
        .findFirst();
  }
}
