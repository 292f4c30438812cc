package io.rwopguard.model;

/** The key of an object of a kind that rwop-guard reads. */
public record ObjectKey(Kind kind, String namespace, String name) {

  @Override
  public String toString() {
    return kind.kindName() + " " + name;
  }
}
