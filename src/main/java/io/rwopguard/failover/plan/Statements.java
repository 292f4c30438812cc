package io.rwopguard.failover.plan;

import io.rwopguard.config.VolumeRelease;
import java.util.Map;
import java.util.Set;

/**
 * What the user has stated of drivers, and chosen.
 *
 * @param revoking drivers that take a node's access away when a volume is unpublished there
 * @param underTaint of the former, those that do so only while the node has the taint
 *     out-of-service
 * @param fenced drivers to whose volumes a fenced node cannot write
 * @param release how volumes are released
 * @param ofDriver the same by the driver's name, where it is another
 * @param ofStorageClass the same by the StorageClass's name, which goes before
 */
public record Statements(
    Set<String> revoking,
    Set<String> underTaint,
    Set<String> fenced,
    VolumeRelease release,
    Map<String, VolumeRelease> ofDriver,
    Map<String, VolumeRelease> ofStorageClass) {

  public Statements {
    revoking = Set.copyOf(revoking);
    underTaint = Set.copyOf(underTaint);
    fenced = Set.copyOf(fenced);
    ofDriver = Map.copyOf(ofDriver);
    ofStorageClass = Map.copyOf(ofStorageClass);
  }

  /** States nothing of drivers that depend on the taint out-of-service. */
  public Statements(
      Set<String> revoking,
      Set<String> fenced,
      VolumeRelease release,
      Map<String, VolumeRelease> ofDriver,
      Map<String, VolumeRelease> ofStorageClass) {
    this(revoking, Set.of(), fenced, release, ofDriver, ofStorageClass);
  }

  /** Says whether the way in which this volume is released takes the old node's access away. */
  public boolean revokes(VolumeFacts volume) {
    String driver = volume.driver().orElse("");
    return revoking.contains(driver)
        && (!underTaint.contains(driver) || releaseOf(volume) == VolumeRelease.OUT_OF_SERVICE);
  }

  /** How this volume is to be released. */
  public VolumeRelease releaseOf(VolumeFacts volume) {
    VolumeRelease byDriver = volume.driver().map(ofDriver::get).orElse(null);
    return ofStorageClass.getOrDefault(
        volume.storageClass(), byDriver == null ? release : byDriver);
  }

  /** Whether a fence has to confirm before this volume may get another writer. */
  public boolean needsFence(VolumeFacts volume) {
    boolean revoked = volume.attaches().orElse(false) && !volume.manyWriters() && revokes(volume);
    return volume.driver().filter(fenced::contains).isPresent() && !revoked;
  }
}
