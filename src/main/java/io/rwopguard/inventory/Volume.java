package io.rwopguard.inventory;

import io.rwopguard.workload.AccessModes;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.VolumeSpec;
import java.util.List;
import java.util.Optional;

/**
 * A PersistentVolume as a cluster knows it.
 *
 * @param accessModes what it offers, which is what the kubelet goes by
 * @param csiDriver the driver that serves it, also if its source is in-tree; empty if none does
 * @param onOneNode whether only one node has it, to which the scheduler keeps all that use it
 */
public record Volume(
    String name, List<String> accessModes, Optional<String> csiDriver, boolean onOneNode) {

  /** A volume that any node can have. */
  public Volume(String name, List<String> accessModes, Optional<String> csiDriver) {
    this(name, accessModes, csiDriver, false);
  }

  public Volume {
    accessModes = List.copyOf(accessModes);
  }

  /** What is kept of an object of this kind. */
  public static Volume of(ObjectFacts object) {
    VolumeSpec spec = object.volume().orElseThrow();
    return new Volume(
        object.name(), spec.accessModes().modes(), spec.csiDriver(), spec.onOneNode());
  }

  /** Whether ReadWriteOncePod is its only mode, which is when the kubelet enforces it. */
  public boolean isExclusive() {
    return AccessModes.areReadWriteOncePodAlone(accessModes);
  }
}
