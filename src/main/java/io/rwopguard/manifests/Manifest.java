package io.rwopguard.manifests;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.FieldPath;
import java.util.Map;
import java.util.Optional;

/**
 * An object in a file.
 *
 * @param source the file, or a name for standard input
 * @param template the file of a chart that it was rendered from, if a comment names it
 * @param json the content
 * @param places the place of each field, by its JSON pointer (RFC 6901)
 * @param duplicates the places where fields occur for the second time; kubectl uses the last one
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

  /** Returns the place of a field; of an absent field, the place of its nearest parent. */
  public Place place(FieldPath field) {
    String pointer = field.pointer();
    while (!places.containsKey(pointer) && !pointer.isEmpty()) {
      pointer = pointer.substring(0, pointer.lastIndexOf('/'));
    }
    return places.getOrDefault(pointer, Place.BEGINNING);
  }
}
