package io.rwopguard.migration.scope;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.MigrationRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * A migration that is in progress or was interrupted, as one of its volumes records it.
 *
 * @param run the run that performs or performed the migration
 */
public record MigrationInProgress(MigrationRecord record, Optional<MigrationRun> run) {

  private static final Logger LOG = Logger.getLogger(MigrationInProgress.class);

  /** Returns the migrations that volumes record. */
  public static List<MigrationInProgress> of(List<JsonNode> volumes) {
    List<MigrationInProgress> all = new ArrayList<>();
    for (JsonNode volume : volumes) {
      try {
        MigrationRecord.of(volume)
            // a volume that belongs to another claim now is no longer migrated
            .filter(record -> ClaimBinding.isVolumeOf(record.claim(), volume))
            .ifPresent(record -> all.add(new MigrationInProgress(record, MigrationRun.of(volume))));
      } catch (IllegalStateException e) {
        // another program's annotation on one volume must not block the other volumes
        LOG.warnf("Volume %s: %s", MigrationContext.nameOf(volume), e.getMessage());
      }
    }
    return all;
  }

  /** Finds a migration of another claim that the same workload uses. */
  public static Optional<MigrationRecord> ofSameWorkload(
      List<JsonNode> volumes, MigrationScope unit) {
    return of(volumes).stream()
        .map(MigrationInProgress::record)
        .filter(record -> unit.workload().isPresent() && record.workload().equals(unit.workload()))
        .filter(
            record -> unit.claims().stream().noneMatch(part -> part.key().equals(record.claim())))
        .findFirst();
  }
}
