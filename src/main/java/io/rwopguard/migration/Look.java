package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * What a step is decided on, and the objects that it was read from, which the step's write names.
 *
 * @param volumes by their claims' places
 * @param claims by their places; empty where one is gone
 * @param object the workload
 */
record Look(
    List<Member> members,
    Workload workload,
    List<JsonNode> volumes,
    List<Optional<JsonNode>> claims,
    Optional<JsonNode> object) {

  Look {
    members = List.copyOf(members);
    volumes = List.copyOf(volumes);
    claims = List.copyOf(claims);
  }

  Next next() {
    return MigrationPlanner.next(members, workload);
  }

  /** Whether claims and volumes are as they are to be, so that only their user is not yet. */
  boolean isMoved() {
    return members.stream().allMatch(Member::isThere);
  }

  /** The copy of the StatefulSet, whichever volume has it. */
  Optional<Copy> setCopy() {
    return setCopy(volumes);
  }

  static Optional<Copy> setCopy(List<JsonNode> volumes) {
    return volumes.stream().flatMap(volume -> Copy.on(volume, Copy.OF_SET).stream()).findFirst();
  }

  /** Where the volume with the copy of the StatefulSet is. */
  static Optional<Integer> setCopyAt(List<JsonNode> volumes) {
    for (int i = 0; i < volumes.size(); i++) {
      if (Copy.on(volumes.get(i), Copy.OF_SET).isPresent()) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }

  /** Whether the move may have changed anything but its own records. */
  boolean hasBegun() {
    return members.stream().anyMatch(member -> member.remembered() && member.record().alone());
  }

  /** Where the first volume that remembers the move is; empty if none does. */
  Optional<Integer> remembering() {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).remembered()) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }
}
