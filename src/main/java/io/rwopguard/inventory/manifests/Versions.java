package io.rwopguard.inventory.manifests;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Keeps what is written of the objects of one kind, each of which may be written in several files.
 */
final class Versions<K, T> {

  /** By file, in the order in which they were read. */
  private final Map<K, Map<Origin, T>> all = new HashMap<>();

  /** Takes up an object; in one file the last one counts, as for kubectl. */
  void put(K key, Origin origin, T object) {
    Map<Origin, T> versions = of(key);
    versions.remove(origin);
    versions.put(origin, object);
  }

  /** Returns what is written in a file; what is supplied is taken up if that is nothing yet. */
  T get(K key, Origin origin, Supplier<T> otherwise) {
    return of(key).computeIfAbsent(origin, none -> otherwise.get());
  }

  private Map<Origin, T> of(K key) {
    return all.computeIfAbsent(key, none -> new LinkedHashMap<>(2));
  }

  /** Returns all that is written where no alternative to a place is. */
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
   * Returns what a manifest is to be judged with: of what is written where no alternative to its
   * place is, the nearest. There are several if no path is shorter than another, and they differ.
   *
   * @param from where that manifest is written; {@link Origin#NONE} takes what was written last
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
