package io.rwopguard.manifests;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Collects where the parts of a document are written, by their JSON pointers (RFC 6901). */
final class Places {

  private final NavigableMap<String, Place> all = new TreeMap<>();
  private final NavigableMap<String, Place> duplicates = new TreeMap<>();

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
      removeBelow(below, all);
      removeBelow(below, duplicates);
    }
    return below;
  }

  /** The pointers below one follow each other: they go on with a slash, after which zero comes. */
  private static void removeBelow(String pointer, NavigableMap<String, Place> places) {
    places.subMap(pointer + "/", pointer + "0").clear();
  }

  void putDuplicate(String pointer, Place place) {
    duplicates.putIfAbsent(pointer, place);
  }
}
