package io.rwopguard.migration.plan;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.record.ManifestCopy;
import java.util.List;
import java.util.Optional;

/**
 * The observed state on which a step is decided, with the objects that it was read from. The write
 * of the step names their versions.
 *
 * @param volumes the volumes, by the index of their claims
 * @param claims the claims, by index; empty for one that does not exist
 * @param object the workload
 */
public record ObservedState(
    List<ClaimState> members,
    Workload workload,
    List<JsonNode> volumes,
    List<Optional<JsonNode>> claims,
    Optional<JsonNode> object) {

  public ObservedState {
    members = List.copyOf(members);
    volumes = List.copyOf(volumes);
    claims = List.copyOf(claims);
  }

  /** Returns the next step from this state. */
  public NextStep next() {
    return MigrationPlanner.next(members, workload);
  }

  /** Returns whether claims and volumes are in the desired state, even if their consumer is not. */
  public boolean isMoved() {
    return members.stream().allMatch(ClaimState::isThere);
  }

  /** Returns the copy of the StatefulSet, whichever volume has it. */
  public Optional<ManifestCopy> setCopy() {
    return setCopy(volumes);
  }

  /** Returns the copy of the StatefulSet on one of these volumes. */
  public static Optional<ManifestCopy> setCopy(List<JsonNode> volumes) {
    return volumes.stream()
        .flatMap(volume -> ManifestCopy.on(volume, ManifestCopy.OF_SET).stream())
        .findFirst();
  }

  /** Returns the index of the volume with the copy of the StatefulSet. */
  public static Optional<Integer> setCopyAt(List<JsonNode> volumes) {
    for (int i = 0; i < volumes.size(); i++) {
      if (ManifestCopy.on(volumes.get(i), ManifestCopy.OF_SET).isPresent()) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }

  /** Returns whether the migration may have changed anything but its own records. */
  public boolean hasBegun() {
    return members.stream().anyMatch(member -> member.remembered() && member.record().alone());
  }

  /** Returns the index of the first volume that records the migration; empty if none does. */
  public Optional<Integer> remembering() {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).remembered()) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }
}
