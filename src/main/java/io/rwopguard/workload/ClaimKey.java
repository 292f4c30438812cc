package io.rwopguard.workload;

/** Names one PersistentVolumeClaim of a cluster. */
public record ClaimKey(String namespace, String name) {

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
