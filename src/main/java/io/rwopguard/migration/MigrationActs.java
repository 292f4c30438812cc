package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.MigrationPlanner.Next;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.util.Optional;

/** Carries out one step of a move: one write. */
final class MigrationActs {

  private final MigrationObjects objects;
  private final Unit unit;

  MigrationActs(MigrationObjects objects, Unit unit) {
    this.objects = objects;
    this.unit = unit;
  }

  /**
   * Does it.
   *
   * @param record of the claim that it is about, or of any for the workload
   */
  void act(Next next, MigrationRecord record) {
    if (next.member() < 0) {
      ofWorkload(next, record);
    } else {
      ofClaim(next, unit.claims().get(next.member()), record);
    }
  }

  private void ofClaim(Next next, Unit.Part part, MigrationRecord record) {
    ClaimKey claim = part.key();
    JsonNode volume = objects.volume(part.volumeName()).orElseThrow();
    switch (next.step()) {
      case RECORD -> objects.remember(volume, Optional.of(record));
      case RETAIN -> objects.policy(volume, "Retain");
      case DELETE_CLAIM ->
          objects
              .claim(claim)
              .ifPresent(
                  json -> objects.deleteClaim(claim, json.path("metadata").path("uid").asText()));
      case RELEASE -> objects.release(volume, claim, record.to());
      case CREATE_CLAIM ->
          objects.create(
              Kind.PERSISTENT_VOLUME_CLAIM, ClaimManifest.with(record.manifest(), record.to()));
      case RESTORE_POLICY -> objects.policy(volume, record.policy().orElseThrow());
      case FORGET -> objects.remember(volume, Optional.empty());
      default -> throw new IllegalStateException(next.toString());
    }
  }

  private void ofWorkload(Next next, MigrationRecord record) {
    ObjectKey key = unit.workload().orElseThrow();
    Optional<JsonNode> workload = objects.object(key);
    switch (next.step()) {
      case SCALE_DOWN -> objects.scale(key, workload.orElseThrow(), 0);
      case SCALE_UP -> objects.scale(key, workload.orElseThrow(), record.replicas());
      case DELETE_SET ->
          objects.deleteSet(key, workload.orElseThrow().path("metadata").path("uid").asText());
      case CREATE_SET ->
          objects.create(
              Kind.STATEFUL_SET,
              ClaimManifest.ofSet(
                  record.set().orElseThrow(), unit.template(), record.to(), record.replicas()));
      default -> throw new IllegalStateException(next.toString());
    }
  }
}
