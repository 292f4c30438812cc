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
 */
public record Volume(String name, List<String> accessModes, Optional<String> csiDriver) {

  public Volume {
    accessModes = List.copyOf(accessModes);
  }

  /** What is kept of an object of this kind. */
  public static Volume of(ObjectFacts object) {
    VolumeSpec spec = object.volume().orElseThrow();
    return new Volume(object.name(), spec.accessModes().modes(), spec.csiDriver());
  }

  /** Whether ReadWriteOncePod is its only mode, which is when the kubelet enforces it. */
  public boolean isExclusive() {
    return AccessModes.areReadWriteOncePodAlone(accessModes);
  }
}
