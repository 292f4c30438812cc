package io.rwopguard.lint;

import io.rwopguard.manifests.Place;
import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.List;

/**
 * An object that several manifests describe in different ways, of which a cluster has one at a
 * time.
 *
 * @param places the places of its manifests, in the order in which files were read
 */
public record Alternative(ObjectKey object, List<Written> places) {

  /** The place of one manifest of the object. */
  public record Written(String source, Place place) {

    @Override
    public String toString() {
      return "%s:%d".formatted(source, place.line());
    }
  }

  private static final int SHOWN = 3;

  public Alternative {
    places = List.copyOf(places);
  }

  /** Returns the consequence and the fix. */
  String message() {
    boolean inOneFile = places.stream().map(Written::source).distinct().count() == 1;
    return "%s %s has different manifests in %s. "
            .formatted(object.kind().kindName(), name(), shown())
        + (inOneFile
            ? "kubectl applies the last one, which is used to evaluate the other manifests. Remove all but one."
            : "A cluster has one of them at a time, so each is evaluated without the files that belong to the others. Name one file or folder to evaluate one alone.");
  }

  private String name() {
    return object.namespace().isEmpty() ? object.name() : object.namespace() + "/" + object.name();
  }

  private String shown() {
    List<String> shown = new ArrayList<>();
    places.stream().limit(SHOWN).map(Written::toString).forEach(shown::add);
    if (places.size() > SHOWN) {
      shown.add("%d more places".formatted(places.size() - SHOWN));
    }
    String last = shown.remove(shown.size() - 1);
    return String.join(", ", shown) + " and " + last;
  }
}
