package io.rwopguard.config;

import java.util.Optional;

/**
 * The access modes that the rules about shared claims cover. A setting names them for the whole
 * cluster, a label for a namespace.
 */
public enum AccessScope {
  /** Claims that one Pod can use at a time. */
  READ_WRITE_ONCE_POD("ReadWriteOncePod"),
  /**
   * Also claims that one node can use at a time. Findings about these are warnings only, because
   * Pods that happen to share a node work.
   */
  READ_WRITE_ONCE("ReadWriteOnce");

  private final String label;

  AccessScope(String label) {
    this.label = label;
  }

  /** Returns the name of an access mode, as users write it. */
  public String label() {
    return label;
  }

  /** Returns the scope of this name in any letter case; empty if there is none. */
  public static Optional<AccessScope> of(String label) {
    for (AccessScope scope : values()) {
      if (scope.label.equalsIgnoreCase(label.strip())) {
        return Optional.of(scope);
      }
    }
    return Optional.empty();
  }
}
