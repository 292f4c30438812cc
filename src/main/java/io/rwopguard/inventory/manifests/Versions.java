package io.rwopguard.inventory.manifests;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Stores the manifests of one kind, of which each object may be in several files. */
final class Versions<K, T> {

  /** The versions of each object by file, in the order of reading. */
  private final Map<K, Map<Origin, T>> all = new HashMap<>();

  /** Adds an object; in one file the last one counts, as for kubectl. */
  void put(K key, Origin origin, T object) {
    Map<Origin, T> versions = of(key);
    versions.remove(origin);
    versions.put(origin, object);
  }

  /** Returns the object in a file; adds the supplied one if there is none yet. */
  T get(K key, Origin origin, Supplier<T> otherwise) {
    return of(key).computeIfAbsent(origin, none -> otherwise.get());
  }

  private Map<Origin, T> of(K key) {
    return all.computeIfAbsent(key, none -> new LinkedHashMap<>(2));
  }

  /** Returns all versions that are in no alternative to a place. */
  List<T> seen(K key, Origin from, Alternatives alternatives) {
    List<T> seen = new ArrayList<>();
    all.getOrDefault(key, Map.of())
        .forEach(
            (origin, object) -> {
              if (!alternatives.apart(from, origin)) {
                seen.add(object);
              }
            });
    return seen;
  }

  Iterable<K> keys() {
    return all.keySet();
  }

  /**
   * Returns the versions for the evaluation of a manifest: the nearest ones that are in no
   * alternative to its place. There are several if they differ and no path is shorter.
   *
   * @param from the place of that manifest; {@link Origin#NONE} selects the version added last
   */
  List<T> nearest(K key, Origin from, Alternatives alternatives) {
    Map<Origin, T> versions = all.getOrDefault(key, Map.of());
    if (from.equals(Origin.NONE)) {
      List<T> inOrder = List.copyOf(versions.values());
      return inOrder.subList(Math.max(inOrder.size() - 1, 0), inOrder.size());
    }
    long done = -1;
    while (true) {
      long next = Long.MAX_VALUE;
      for (Origin each : versions.keySet()) {
        long distance = from.distance(each);
        if (distance > done && distance < next) {
          next = distance;
        }
      }
      List<T> nearest = new ArrayList<>(1);
      for (Map.Entry<Origin, T> each : versions.entrySet()) {
        if (from.distance(each.getKey()) == next
            && !nearest.contains(each.getValue())
            && !alternatives.apart(from, each.getKey())) {
          nearest.add(each.getValue());
        }
      }
      if (next == Long.MAX_VALUE || !nearest.isEmpty()) {
        return nearest;
      }
      done = next;
    }
  }
}
