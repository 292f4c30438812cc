package io.rwopguard.simulation;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The storage behind a PersistentVolume: which nodes may write to it, and why. */
final class Volume {

  /** Cause of a node's loss of a volume that its kubelet had not given up. */
  enum Cause {
    /** Kubernetes alone, after six minutes, or a deletion by people or Kubernetes. */
    STOCK,
    CONTROLLER
  }

  final String handle;
  final String claim;
  final Driver driver;

  /** True if its only access mode is ReadWriteOncePod; otherwise it is ReadWriteOnce. */
  final boolean exclusive;

  final Set<String> granted = new HashSet<>();
  final Set<String> fenced = new HashSet<>();
  final Map<String, Cause> lostBy = new HashMap<>();

  Volume(String claim, Driver driver, boolean exclusive) {
    this("vol-" + claim.substring(claim.indexOf('/') + 1), claim, driver, exclusive);
  }

  private Volume(String handle, String claim, Driver driver, boolean exclusive) {
    this.handle = handle;
    this.claim = claim;
    this.driver = driver;
    this.exclusive = exclusive;
  }

  /** Another volume, of a claim that is created again under the same name. */
  Volume recreated() {
    return new Volume(handle + "-new", claim, driver, exclusive);
  }

  /** The name of the volume in a node's volumesInUse. */
  String uniqueName() {
    return "kubernetes.io/csi/" + driver.name() + "^" + handle;
  }

  boolean canBeWrittenFrom(String node) {
    return granted.contains(node) && !fenced.contains(node);
  }
}
