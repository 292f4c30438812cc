package io.rwopguard.model;

/** The key of a PersistentVolumeClaim in a cluster. */
public record ClaimKey(String namespace, String name) {

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
