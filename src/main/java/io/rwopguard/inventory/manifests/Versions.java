package io.rwopguard.inventory.manifests;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps what is written of the objects of one kind, each of which may be written in several files.
 */
final class Versions<K, T> {

  private record Version<T>(Origin origin, T object) {}

  private final Map<K, List<Version<T>>> all = new HashMap<>();

  /** Takes up an object; in one file the last one counts, as for kubectl. */
  void put(K key, Origin origin, T object) {
    List<Version<T>> versions = all.computeIfAbsent(key, none -> new ArrayList<>(1));
    versions.removeIf(each -> each.origin().equals(origin));
    versions.add(new Version<>(origin, object));
  }

  /** Takes up an object that has no name yet, and is another one than all that have none. */
  void putNameless(K key, Origin origin, T object) {
    all.computeIfAbsent(key, none -> new ArrayList<>(1)).add(new Version<>(origin, object));
  }

  /** Returns all that is written where no alternative to a place is. */
  List<T> seen(K key, Origin from, Alternatives alternatives) {
    return all.getOrDefault(key, List.of()).stream()
        .filter(each -> !alternatives.apart(from, each.origin()))
        .map(Version::object)
        .toList();
  }

  boolean has(K key) {
    return all.containsKey(key);
  }

  Iterable<K> keys() {
    return all.keySet();
  }

  /**
   * Returns what a manifest is to be judged with: of what is written where no alternative to its
   * place is, the nearest. There are several if no path is shorter than another, and they differ.
   *
   * @param from where that manifest is written; {@link Origin#NONE} takes what was written last
   */
  List<T> nearest(K key, Origin from, Alternatives alternatives) {
    List<Version<T>> versions = all.getOrDefault(key, List.of());
    if (from.equals(Origin.NONE)) {
      return versions.isEmpty() ? List.of() : List.of(versions.get(versions.size() - 1).object());
    }
    long done = -1;
    while (true) {
      long next = Long.MAX_VALUE;
      for (Version<T> each : versions) {
        long distance = from.distance(each.origin());
        if (distance > done && distance < next) {
          next = distance;
        }
      }
      List<T> nearest = new ArrayList<>(1);
      for (Version<T> each : versions) {
        if (from.distance(each.origin()) == next
            && !alternatives.apart(from, each.origin())
            && !nearest.contains(each.object())) {
          nearest.add(each.object());
        }
      }
      if (next == Long.MAX_VALUE || !nearest.isEmpty()) {
        return nearest;
      }
      done = next;
    }
  }
}
