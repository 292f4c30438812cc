package io.rwopguard.inventory;

import java.util.Map;

/**
 * A namespace as a cluster knows it.
 *
 * @param labels those of rwop-guard's own prefix
 */
public record Namespace(String name, Map<String, String> labels) {

  public Namespace {
    labels = Map.copyOf(labels);
  }
}
