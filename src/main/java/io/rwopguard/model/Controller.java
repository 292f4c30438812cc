package io.rwopguard.model;

import java.util.Optional;

/**
 * The owner that created an object and reconciles it: the {@code ownerReference} with {@code
 * controller: true}, in the object's own namespace.
 *
 * @param kind its kind, if rwop-guard reads it; an operator's own kinds are not read
 * @param kindName the name of its kind in the reference
 */
public record Controller(Optional<Kind> kind, String kindName, String name) {

  @Override
  public String toString() {
    return kindName + " " + name;
  }
}
