package io.rwopguard.inventory;

import io.rwopguard.model.AccessModes;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.VolumeSpec;
import java.util.List;
import java.util.Optional;

/**
 * A PersistentVolume as a cluster knows it.
 *
 * @param accessModes the modes that it offers, which the kubelet reads
 * @param csiDriver the driver that serves it, also if its source is in-tree; empty if none does
 * @param onOneNode whether only one node has it, so that the scheduler places all its consumers
 *     there
 */
public record Volume(
    String name, List<String> accessModes, Optional<String> csiDriver, boolean onOneNode) {

  /** Creates a volume that any node can attach. */
  public Volume(String name, List<String> accessModes, Optional<String> csiDriver) {
    this(name, accessModes, csiDriver, false);
  }

  public Volume {
    accessModes = List.copyOf(accessModes);
  }

  /** Returns the record of an object of this kind. */
  public static Volume of(ObjectFacts object) {
    VolumeSpec spec = object.volume().orElseThrow();
    return new Volume(
        object.name(), spec.accessModes().modes(), spec.csiDriver(), spec.onOneNode());
  }

  /** Returns whether ReadWriteOncePod is its only mode. Only then does the kubelet enforce it. */
  public boolean isExclusive() {
    return AccessModes.areReadWriteOncePodAlone(accessModes);
  }
}
