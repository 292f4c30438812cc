package io.rwopguard.inventory.manifests;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * The place of a manifest: the folders that lead to its file, and the file, from the root of the
 * file system.
 */
public record Origin(List<String> steps) {

  /** The place of manifests whose file is not known. */
  public static final Origin NONE = new Origin(List.of());

  public Origin {
    steps = List.copyOf(steps);
  }

  /** Returns the origin of a file name; a relative one starts at the working directory. */
  public static Origin of(Path file) {
    return new Origin(
        StreamSupport.stream(file.toAbsolutePath().normalize().spliterator(), false)
            .map(Path::toString)
            .toList());
  }

  /** Returns the number of folders that both have in common, plus one for the same file. */
  int shared(Origin other) {
    int shortest = Math.min(steps.size(), other.steps.size());
    int count = 0;
    while (count < shortest && steps.get(count).equals(other.steps.get(count))) {
      count++;
    }
    return count;
  }

  /**
   * Returns the distance to another place: up to the common folder, then down. One step up is
   * farther than any number of steps down.
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
