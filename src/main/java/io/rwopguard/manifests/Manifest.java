package io.rwopguard.manifests;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.FieldPath;
import java.util.Map;
import java.util.Optional;

/**
 * An object as it is written in a file.
 *
 * @param source the file, or what stands for standard input
 * @param template the file of a chart that it was rendered from, if a comment says so
 * @param json what is written
 * @param places where each field is written, by its JSON pointer (RFC 6901)
 * @param duplicates where fields are written for the second time; kubectl takes the last one
 */
public record Manifest(
    String source,
    Optional<String> template,
    ObjectNode json,
    Map<String, Place> places,
    Map<String, Place> duplicates) {

  public Manifest {
    places = Map.copyOf(places);
    duplicates = Map.copyOf(duplicates);
  }

  /** Where a field is written; of one that is not, the nearest above it that is. */
  public Place place(FieldPath field) {
    String pointer = field.pointer();
    while (!places.containsKey(pointer) && !pointer.isEmpty()) {
      pointer = pointer.substring(0, pointer.lastIndexOf('/'));
    }
    return places.getOrDefault(pointer, Place.BEGINNING);
  }
}
