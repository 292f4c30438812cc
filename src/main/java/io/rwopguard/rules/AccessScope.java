package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Namespace;
import java.util.Optional;

/**
 * The access modes of the claims that the rules about sharing speak of, for the whole cluster or by
 * a namespace's label {@link #LABEL}.
 */
public enum AccessScope {
  /** Claims that one Pod can use at a time. */
  READ_WRITE_ONCE_POD("ReadWriteOncePod"),
  /**
   * Also claims that one node can use at a time. What is found of these is only warned of, since
   * Pods that happen to share a node get along.
   */
  READ_WRITE_ONCE("ReadWriteOnce");

  static final String LABEL = "rwop-guard.io/scope";

  private final String label;

  AccessScope(String label) {
    this.label = label;
  }

  /** As people write it: the name of an access mode. */
  public String label() {
    return label;
  }

  /** The scope of this name, whatever its letters' case; empty if there is none. */
  public static Optional<AccessScope> of(String label) {
    for (AccessScope scope : values()) {
      if (scope.label.equalsIgnoreCase(label.strip())) {
        return Optional.of(scope);
      }
    }
    return Optional.empty();
  }

  /**
   * The scope in a namespace. A label that is none of the names counts as not written.
   *
   * @param everywhere where the namespace does not say
   */
  static AccessScope in(String namespace, AccessScope everywhere, Inventory inventory) {
    return inventory
        .namespace(namespace)
        .value()
        .map(Namespace::labels)
        .map(labels -> labels.get(LABEL))
        .flatMap(AccessScope::of)
        .orElse(everywhere);
  }
}
