package io.rwopguard.migration.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.testing.manifests.Manifests;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Checks what a VolumeSnapshot says of a claim that is about to be moved, and how one is written.
 */
class SnapshotsTest {

  private static final Instant SINCE = Instant.parse("2026-11-28T12:00:00Z");

  private static JsonNode withStatus(String status) {
    return Manifests.parse(
        "{kind: VolumeSnapshot, metadata: {name: s}, status: %s}".formatted(status));
  }

  private static MigrationRecord record(String claim) {
    return new MigrationRecord(
        new ClaimKey("shop", claim),
        List.of(claim),
        MigrationRecord.SHARED,
        false,
        Optional.of("Delete"),
        Optional.empty(),
        "",
        0,
        Manifests.parse("{}").putArray("managers"),
        SINCE,
        "",
        List.of(),
        true);
  }

  @Test
  void an_error_is_one_only_while_the_snapshot_is_not_ready() {
    assertThat(Snapshots.errorOf(withStatus("{error: {message: no such class}}")))
        .contains("no such class");
    assertThat(
            Snapshots.errorOf(withStatus("{readyToUse: false, error: {message: quota exceeded}}")))
        .contains("quota exceeded");
    // the snapshot controller tried again, and leaves what it said before
    assertThat(
            Snapshots.errorOf(withStatus("{readyToUse: true, error: {message: quota exceeded}}")))
        .isEmpty();
  }

  @Test
  void a_snapshot_that_is_not_ready_yet_has_no_error() {
    assertThat(Snapshots.errorOf(Manifests.parse("{kind: VolumeSnapshot}"))).isEmpty();
    assertThat(Snapshots.errorOf(withStatus("{readyToUse: false}"))).isEmpty();
    assertThat(Snapshots.errorOf(withStatus("{error: {time: \"2026-11-28T12:00:00Z\"}}")))
        .isEmpty();
    assertThat(Snapshots.errorOf(withStatus("{error: {message: \"\"}}"))).isEmpty();
  }

  @Test
  void a_snapshot_of_no_class_has_the_default_class_of_the_driver() {
    JsonNode spec = Snapshots.manifest(record("data"), "").path("spec");
    assertThat(spec.has("volumeSnapshotClassName")).isFalse();
    assertThat(spec.at("/source/persistentVolumeClaimName").asText()).isEqualTo("data");
    assertThat(
            Snapshots.manifest(record("data"), "fast").at("/spec/volumeSnapshotClassName").asText())
        .isEqualTo("fast");
  }

  /** A run that resumes the move looks for the snapshot under the same name. */
  @Test
  void its_name_is_that_of_the_move_and_not_too_long() {
    assertThat(record("data").snapshotName()).isEqualTo("data-rwop-guard-1795867200");
    String longest = "d".repeat(253);
    assertThat(record(longest).snapshotName()).hasSizeLessThanOrEqualTo(253).startsWith("ddd");
    assertThat(Snapshots.manifest(record(longest), "").at("/metadata/name").asText())
        .isEqualTo(record(longest).snapshotName());
  }
}
