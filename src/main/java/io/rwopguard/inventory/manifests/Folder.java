package io.rwopguard.inventory.manifests;

import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/** The manifests of a folder and its subfolders; a file is a folder without children. */
final class Folder {

  /** A manifest of an object; those with the same content have the same number. */
  private record Version(Origin origin, int content) {}

  /** The manifests of an object that has versions. */
  private record Versions(List<Version> all, Set<Integer> contents) {}

  private final int depth;
  private final Map<String, Folder> children = new HashMap<>();
  private final Map<ObjectKey, Versions> versions = new LinkedHashMap<>();
  private final Map<ObjectKey, Boolean> seenByAll = new HashMap<>();
  private Optional<Origin> file = Optional.empty();

  Folder(int depth) {
    this.depth = depth;
  }

  /** Adds a file, even if nothing in it has versions. */
  void add(Origin origin) {
    Folder at = this;
    for (String step : origin.steps()) {
      int below = at.depth + 1;
      at = at.children.computeIfAbsent(step, none -> new Folder(below));
    }
    at.file = Optional.of(origin);
  }

  /** Adds a version of an object, in a file that was added before. */
  void add(ObjectKey key, Origin origin, int content) {
    for (Folder each : path(origin)) {
      Versions all =
          each.versions.computeIfAbsent(
              key, none -> new Versions(new ArrayList<>(1), new HashSet<>(2)));
      all.all().add(new Version(origin, content));
      all.contents().add(content);
    }
  }

  Map<String, Folder> children() {
    return children;
  }

  boolean isFile() {
    return children.isEmpty();
  }

  boolean hasVersions() {
    return !versions.isEmpty();
  }

  /** Returns this folder and those below it that lead to a file, as far as they are known. */
  private List<Folder> path(Origin origin) {
    List<Folder> path = new ArrayList<>();
    path.add(this);
    Folder at = this;
    for (int i = depth; i < origin.steps().size(); i++) {
      at = at.children.get(origin.steps().get(i));
      if (at == null) {
        break;
      }
      path.add(at);
    }
    return path;
  }

  /**
   * Returns whether two files, each in one of two folders, see different versions of some object.
   *
   * @param apart returns which files in its own folder a file does not see
   */
  static boolean differ(
      Folder first, Origin one, Folder second, Origin other, BiPredicate<Origin, Origin> apart) {
    for (ObjectKey key : first.sharedWith(second)) {
      Set<Integer> seen = first.seen(key, one, apart);
      if (!seen.isEmpty() && areDifferent(seen, second.seen(key, other, apart))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns whether two folders are alternatives as a whole: they have no version of some object in
   * common, and every file sees one of them. A version that only one environment in a folder has
   * proves nothing about the others.
   *
   * @param apart returns which files in its own folder a file does not see
   */
  static boolean differ(Folder first, Folder second, BiPredicate<Origin, Origin> apart) {
    for (ObjectKey key : first.sharedWith(second)) {
      if (areDifferent(first.versions.get(key).contents(), second.versions.get(key).contents())
          && first.isSeenByAll(key, apart)
          && second.isSeenByAll(key, apart)) {
        return true;
      }
    }
    return false;
  }

  private static boolean areDifferent(Set<Integer> one, Set<Integer> other) {
    return !one.isEmpty() && !other.isEmpty() && one.stream().noneMatch(other::contains);
  }

  private Collection<ObjectKey> sharedWith(Folder other) {
    boolean smaller = versions.size() < other.versions.size();
    Set<ObjectKey> few = (smaller ? this : other).versions.keySet();
    Set<ObjectKey> many = (smaller ? other : this).versions.keySet();
    return few.stream().filter(many::contains).toList();
  }

  /** Returns the versions that are nearest to a file in this folder; none if all are hidden. */
  private Set<Integer> seen(ObjectKey key, Origin from, BiPredicate<Origin, Origin> apart) {
    List<Folder> path = path(from);
    for (int i = path.size() - 1; i >= 0; i--) {
      Versions below = path.get(i).versions.get(key);
      Set<Integer> nearest = new HashSet<>(2);
      int steps = Integer.MAX_VALUE;
      for (Version each : below == null ? List.<Version>of() : below.all()) {
        int down = each.origin().steps().size();
        if (down > steps || apart.test(from, each.origin())) {
          continue;
        }
        if (down < steps) {
          nearest.clear();
          steps = down;
        }
        nearest.add(each.content());
      }
      if (!nearest.isEmpty()) {
        return nearest;
      }
    }
    return Set.of();
  }

  private boolean isSeenByAll(ObjectKey key, BiPredicate<Origin, Origin> apart) {
    return seenByAll.computeIfAbsent(
        key,
        object ->
            // this folder contains no alternatives
            versions.values().stream().allMatch(each -> each.contents().size() == 1)
                || files().noneMatch(each -> seen(object, each, apart).isEmpty()));
  }

  private Stream<Origin> files() {
    return Stream.concat(file.stream(), children.values().stream().flatMap(Folder::files));
  }
}
