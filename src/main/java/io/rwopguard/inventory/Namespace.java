package io.rwopguard.inventory;

import java.util.HashMap;
import java.util.Map;

/**
 * A namespace as a cluster knows it.
 *
 * @param labels those of rwop-guard's own prefix
 */
public record Namespace(String name, Map<String, String> labels) {

  private static final String OWN_LABELS = "rwop-guard.io/";

  public Namespace {
    labels = Map.copyOf(labels);
  }

  /** Of all the labels that it has. */
  public static Namespace of(String name, Map<String, String> labels) {
    Map<String, String> own = new HashMap<>();
    labels.forEach(
        (label, value) -> {
          if (label.contains(OWN_LABELS)) {
            own.put(label, value);
          }
        });
    return new Namespace(name, own);
  }
}
