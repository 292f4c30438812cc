package io.rwopguard.manifests;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Collects the places of the parts of a document, by their JSON pointers (RFC 6901). */
final class Places {

  private final NavigableMap<String, Place> all = new TreeMap<>();
  private final NavigableMap<String, Place> duplicates = new TreeMap<>();

  Map<String, Place> all() {
    return all;
  }

  /** Returns the keys that occur twice in one mapping, with the place of the second one. */
  Map<String, Place> duplicates() {
    return duplicates;
  }

  /** Adds the document itself, or an element of a list. */
  void put(String pointer, Place place) {
    all.put(pointer, place);
  }

  /**
   * Adds a key and returns its pointer. The children of an earlier key of this name are no longer
   * part of the object.
   */
  String putKey(String pointer, String name, Place place) {
    String below = pointer + JsonPointer.empty().appendProperty(name);
    if (all.put(below, place) != null) {
      removeBelow(below, all);
      removeBelow(below, duplicates);
    }
    return below;
  }

  /**
   * Removes the pointers below a pointer. They are adjacent: all continue with a slash, and zero is
   * the character after a slash.
   */
  private static void removeBelow(String pointer, NavigableMap<String, Place> places) {
    places.subMap(pointer + "/", pointer + "0").clear();
  }

  void putDuplicate(String pointer, Place place) {
    duplicates.putIfAbsent(pointer, place);
  }
}
