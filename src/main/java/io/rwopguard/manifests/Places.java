package io.rwopguard.manifests;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.HashMap;
import java.util.Map;

/** Collects where the parts of a document are written, by their JSON pointers (RFC 6901). */
final class Places {

  private final Map<String, Place> all = new HashMap<>();
  private final Map<String, Place> duplicates = new HashMap<>();

  Map<String, Place> all() {
    return all;
  }

  /** The keys that are there twice in one mapping, where the second one is. */
  Map<String, Place> duplicates() {
    return duplicates;
  }

  /** Adds the document itself, or an element of a list. */
  void put(String pointer, Place place) {
    all.put(pointer, place);
  }

  /**
   * Adds a key and returns its pointer. What was below an earlier key of this name is not written
   * in the object any more.
   */
  String putKey(String pointer, String name, Place place) {
    String below = pointer + JsonPointer.empty().appendProperty(name);
    if (all.put(below, place) != null) {
      all.keySet().removeIf(known -> known.startsWith(below + "/"));
    }
    return below;
  }

  void putDuplicate(String pointer, Place place) {
    duplicates.putIfAbsent(pointer, place);
  }
}
