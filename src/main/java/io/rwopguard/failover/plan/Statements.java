package io.rwopguard.failover.plan;

import io.rwopguard.config.VolumeRelease;
import java.util.Map;
import java.util.Set;

/**
 * What the user has stated of drivers, and chosen.
 *
 * @param revoking drivers that take a node's access away when a volume is unpublished there
 * @param fenced drivers to whose volumes a fenced node cannot write
 * @param release how volumes are released
 * @param ofDriver the same by the driver's name, where it is another
 * @param ofStorageClass the same by the StorageClass's name, which goes before
 */
public record Statements(
    Set<String> revoking,
    Set<String> fenced,
    VolumeRelease release,
    Map<String, VolumeRelease> ofDriver,
    Map<String, VolumeRelease> ofStorageClass) {

  public Statements {
    revoking = Set.copyOf(revoking);
    fenced = Set.copyOf(fenced);
    ofDriver = Map.copyOf(ofDriver);
    ofStorageClass = Map.copyOf(ofStorageClass);
  }

  /** How this volume is to be released. */
  public VolumeRelease releaseOf(VolumeFacts volume) {
    VolumeRelease byDriver = volume.driver().map(ofDriver::get).orElse(null);
    return ofStorageClass.getOrDefault(
        volume.storageClass(), byDriver == null ? release : byDriver);
  }

  /** Whether a fence has to confirm before this volume may get another writer. */
  public boolean needsFence(VolumeFacts volume) {
    return !volume.manyWriters()
        && volume.driver().filter(fenced::contains).isPresent()
        && !(volume.attaches().orElse(false)
            && volume.driver().filter(revoking::contains).isPresent());
  }
}
