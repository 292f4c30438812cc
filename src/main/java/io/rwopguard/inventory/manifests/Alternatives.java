package io.rwopguard.inventory.manifests;

import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Recognizes files and folders that are alternatives to each other, such as {@code before} and
 * {@code after}, or the overlays of two environments. Both contain the same object with different
 * {@linkplain Content content}. A cluster has one of them at a time, so no manifest of one is
 * evaluated with a manifest of the other.
 *
 * <p>Two files are alternatives in either of two cases:
 *
 * <ul>
 *   <li>Each sees another version of an object, where their paths fork: the nearest versions of the
 *       two have no content in common. An object with the same content proves nothing, because many
 *       people repeat a claim next to each of its consumers.
 *   <li>They are in folders with the names of alternatives, such as {@code dev} and {@code prod}.
 *       Two names are names of alternatives if two sibling folders with them are alternatives as a
 *       whole, anywhere in the tree.
 * </ul>
 */
final class Alternatives {

  private record Names(String one, String other) {}

  /** A folder and its parent. */
  private record Named(Folder parent, Folder folder) {}

  /**
   * The number of folders of one name above which two names are compared once. There may be
   * millions of pairs with other names.
   */
  private static final int MANY = 16;

  private final Map<ObjectKey, Map<Origin, Content>> written = new LinkedHashMap<>();
  private final Map<String, List<Named>> byName = new HashMap<>();
  private final Map<Names, Boolean> known = new HashMap<>();
  private Folder root = new Folder(0);
  private boolean indexed;

  /** Adds a manifest; in one file the last manifest of an object counts, as for kubectl. */
  void add(Origin origin, ObjectKey key, Content content) {
    // the API server gives each another name
    if (key.name().isEmpty()) {
      return;
    }
    written.computeIfAbsent(key, none -> new LinkedHashMap<>(2)).put(origin, content);
    indexed = false;
  }

  /** Returns whether a cluster never has the content of both files. */
  boolean apart(Origin one, Origin other) {
    index();
    return root.hasVersions()
        && (areNamedApart(one, other) || seeDifferentVersions(one, other, this::apart));
  }

  private boolean seeDifferentVersions(
      Origin one, Origin other, BiPredicate<Origin, Origin> apart) {
    int shared = one.shared(other);
    if (shared == one.steps().size() || shared == other.steps().size()) {
      return false;
    }
    Folder fork = root;
    for (String step : one.first(shared)) {
      fork = fork.children().get(step);
      if (fork == null) {
        return false;
      }
    }
    Folder first = fork.children().get(one.steps().get(shared));
    Folder second = fork.children().get(other.steps().get(shared));
    return first != null && second != null && Folder.differ(first, one, second, other, apart);
  }

  /** Returns the same without the names of folders, which depend on this result. */
  private boolean seeDifferentVersions(Origin one, Origin other) {
    return seeDifferentVersions(one, other, this::seeDifferentVersions);
  }

  private boolean areNamedApart(Origin one, Origin other) {
    int shared = one.shared(other);
    // the last step is the file
    for (int i = shared; i < one.steps().size() - 1; i++) {
      List<Named> first = byName.getOrDefault(one.steps().get(i), List.of());
      for (int j = shared; !first.isEmpty() && j < other.steps().size() - 1; j++) {
        if (areNamesApart(one.steps().get(i), other.steps().get(j))) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean areNamesApart(String one, String other) {
    List<Named> first = byName.getOrDefault(one, List.of());
    List<Named> second = byName.getOrDefault(other, List.of());
    if (one.equals(other) || first.isEmpty() || second.isEmpty()) {
      return false;
    }
    boolean fewer = first.size() <= second.size();
    List<Named> folders = fewer ? first : second;
    String sibling = fewer ? other : one;
    return folders.size() > MANY
        ? known.computeIfAbsent(new Names(one, other), names -> areApart(folders, sibling))
        : areApart(folders, sibling);
  }

  private boolean areApart(List<Named> folders, String sibling) {
    for (Named each : folders) {
      Folder other = each.parent().children().get(sibling);
      if (other != null
          && !other.isFile()
          && Folder.differ(each.folder(), other, this::seeDifferentVersions)) {
        return true;
      }
    }
    return false;
  }

  private void index() {
    if (indexed) {
      return;
    }
    indexed = true;
    root = new Folder(0);
    byName.clear();
    known.clear();
    Set<Origin> files = new HashSet<>();
    written.values().forEach(versions -> files.addAll(versions.keySet()));
    files.forEach(root::add);
    written.forEach(this::index);
    index(root);
  }

  /**
   * Adds an object to the tree. An object with only one version, in any number of files, proves
   * nothing.
   */
  private void index(ObjectKey key, Map<Origin, Content> versions) {
    Map<Content, Integer> numbers = new HashMap<>();
    versions.values().forEach(each -> numbers.putIfAbsent(each, numbers.size()));
    if (numbers.size() > 1) {
      versions.forEach((origin, content) -> root.add(key, origin, numbers.get(content)));
    }
  }

  private void index(Folder parent) {
    parent
        .children()
        .forEach(
            (name, folder) -> {
              if (folder.hasVersions() && !folder.isFile()) {
                byName
                    .computeIfAbsent(name, none -> new ArrayList<>(1))
                    .add(new Named(parent, folder));
                index(folder);
              }
            });
  }
}
