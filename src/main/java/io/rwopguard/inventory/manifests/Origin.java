package io.rwopguard.inventory.manifests;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * Says where a manifest is written: the folders that lead to its file, and the file, from the root
 * of the file system.
 */
public record Origin(List<String> steps) {

  /** Stands for manifests whose place is not known. */
  public static final Origin NONE = new Origin(List.of());

  public Origin {
    steps = List.copyOf(steps);
  }

  /** Reads the name of a file; a relative one starts at the working directory. */
  public static Origin of(Path file) {
    return new Origin(
        StreamSupport.stream(file.toAbsolutePath().normalize().spliterator(), false)
            .map(Path::toString)
            .toList());
  }

  /** Counts the folders that both have in common, and the file if it is the same one. */
  int shared(Origin other) {
    int shortest = Math.min(steps.size(), other.steps.size());
    int count = 0;
    while (count < shortest && steps.get(count).equals(other.steps.get(count))) {
      count++;
    }
    return count;
  }

  /**
   * Tells how far away another place is: up to the folder that both are in, then down. A step up is
   * farther than any way down.
   */
  long distance(Origin other) {
    int shared = shared(other);
    return (long) (steps.size() - shared) * Integer.MAX_VALUE + (other.steps.size() - shared);
  }

  /** Returns the first steps. */
  List<String> first(int count) {
    return steps.subList(0, count);
  }
}
