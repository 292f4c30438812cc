package io.rwopguard.migration.record;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.fuzz.Inputs;
import java.time.Instant;
import java.util.Optional;

/**
 * Reads what a migration has written on a volume: its record, its run, and the copy of a claim.
 * What is read is written and read again as the same, and everything else is refused.
 */
public final class JournalFuzz {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private JournalFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Inputs.text(input);
    record(text).ifPresent(JournalFuzz::checkRecord);
    ObjectNode volume = volume(MigrationRun.ANNOTATION, text);
    MigrationRun.of(volume).ifPresent(JournalFuzz::checkRun);
    int version = text.indexOf('\n');
    ObjectNode copied = volume(ManifestCopy.OF_CLAIM, text.substring(version + 1));
    annotations(copied)
        .put(ManifestCopy.OF_CLAIM + "-version", text.substring(0, Math.max(0, version)));
    copy(copied)
        .filter(copy -> Inputs.json(text.substring(version + 1)).isPresent())
        .ifPresent(JournalFuzz::checkCopy);
  }

  private static Optional<MigrationRecord> record(String text) {
    try {
      return Optional.of(MigrationRecord.parse(text));
    } catch (IllegalStateException e) {
      check(e.getMessage().contains(MigrationRecord.ANNOTATION), "no reason", e);
      return Optional.empty();
    }
  }

  private static void checkRecord(MigrationRecord record) {
    MigrationRecord again = MigrationRecord.parse(record.toJson());
    same(record.toJson(), again.toJson(), "a record that is written and read differs");
    same(record.claim(), again.claim(), "another claim");
    same(record.workload(), again.workload(), "another workload");
    same(record.from(), again.from(), "other access modes");
    same(record.since(), again.since(), "another start");
    same(record.alone(), again.alone(), "another state");
    same(record.ofReplicas().size(), again.ofReplicas().size(), "other managers");
    same(record.to(), again.to(), "other access modes in the end");
    check(record.snapshotName().length() <= 253, "a long name", record.snapshotName());
  }

  private static void checkRun(MigrationRun run) {
    Optional<MigrationRun> again = MigrationRun.of(volume(MigrationRun.ANNOTATION, run.toJson()));
    same(Optional.of(run), again, "a run that is written and read differs");
    check(!run.mayBeAtWork(run, run.until()), "a run is at work after its term", run);
    run.mayBeAtWork(run, NOW);
  }

  private static Optional<ManifestCopy> copy(ObjectNode volume) {
    try {
      return ManifestCopy.on(volume, ManifestCopy.OF_CLAIM);
    } catch (IllegalStateException e) {
      check(e.getMessage().contains(ManifestCopy.OF_CLAIM), "no reason", e);
      return Optional.empty();
    }
  }

  private static void checkCopy(ManifestCopy copy) {
    check(copy.manifest().path("spec").isObject(), "a copy without a spec", copy);
    ObjectNode volume = volume("other", "");
    copy.putInto(annotations(volume), ManifestCopy.OF_CLAIM);
    same(Optional.of(copy), copy(volume), "a copy that is written and read differs");
  }

  private static ObjectNode volume(String annotation, String value) {
    ObjectNode volume = JsonNodeFactory.instance.objectNode();
    volume.putObject("metadata").putObject("annotations").put(annotation, value);
    return volume;
  }

  private static ObjectNode annotations(ObjectNode volume) {
    return volume.withObject("/metadata/annotations");
  }
}
