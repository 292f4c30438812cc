package io.rwopguard.inventory.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.workload.ObjectKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Recognizes files and folders that are alternatives to each other, such as {@code before} and
 * {@code after}, or the overlays of two environments: the same object is written in both, and not
 * the same way. A cluster has one of them at a time, so that no manifest of one is judged with a
 * manifest of the other.
 *
 * <p>Two places are compared where their paths part: the objects that are written in or below the
 * one, with those in or below the other. An object that is written the same way in both says
 * nothing: many people repeat a namespace, or a claim, beside each of its consumers.
 */
final class Alternatives {

  private record Pair(List<String> one, List<String> other) {}

  private final Map<ObjectKey, Map<Origin, JsonNode>> written = new LinkedHashMap<>();
  private final Map<List<String>, Map<ObjectKey, Set<JsonNode>>> below = new HashMap<>();
  private final Map<Pair, Boolean> known = new HashMap<>();
  private boolean any;

  /** Takes up a manifest; in one file the last one of an object counts, as for kubectl. */
  void add(Origin origin, ObjectKey key, JsonNode json) {
    // the API server gives each another name
    if (key.name().isEmpty()) {
      return;
    }
    Map<Origin, JsonNode> versions = written.computeIfAbsent(key, none -> new LinkedHashMap<>(2));
    versions.put(origin, json);
    any |= versions.size() > 1;
    known.clear();
    below.clear();
  }

  /** Tells whether a cluster never has what is written in both places. */
  boolean apart(Origin one, Origin other) {
    int shared = one.shared(other);
    if (!any || shared == one.steps().size() || shared == other.steps().size()) {
      return false;
    }
    if (below.isEmpty()) {
      written.forEach(this::index);
    }
    return known.computeIfAbsent(
        new Pair(one.first(shared + 1), other.first(shared + 1)),
        pair -> differ(pair.one(), pair.other()));
  }

  /** Only an object that is written more than once can make a difference. */
  private void index(ObjectKey key, Map<Origin, JsonNode> versions) {
    if (versions.size() < 2) {
      return;
    }
    versions.forEach(
        (origin, json) -> {
          for (int depth = 1; depth <= origin.steps().size(); depth++) {
            below
                .computeIfAbsent(origin.first(depth), none -> new HashMap<>())
                .computeIfAbsent(key, none -> new HashSet<>(2))
                .add(json);
          }
        });
  }

  private boolean differ(List<String> one, List<String> other) {
    Map<ObjectKey, Set<JsonNode>> first = below.getOrDefault(one, Map.of());
    Map<ObjectKey, Set<JsonNode>> second = below.getOrDefault(other, Map.of());
    Map<ObjectKey, Set<JsonNode>> smaller = first.size() < second.size() ? first : second;
    return smaller.keySet().stream()
        .anyMatch(
            key ->
                first.containsKey(key)
                    && second.containsKey(key)
                    && !first.get(key).equals(second.get(key)));
  }
}
