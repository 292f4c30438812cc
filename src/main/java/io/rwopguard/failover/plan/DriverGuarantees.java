package io.rwopguard.failover.plan;

import io.rwopguard.config.VolumeRelease;
import java.util.Map;
import java.util.Set;

/**
 * The statements and choices of the user about drivers.
 *
 * @param revoking drivers that revoke a node's access when a volume is unpublished there
 * @param underTaint those of {@code revoking} that do so only while the node has the out-of-service
 *     taint
 * @param fenced drivers to whose volumes a fenced node cannot write
 * @param release the way to detach volumes
 * @param ofDriver other ways to detach, by the driver's name
 * @param ofStorageClass other ways to detach, by the StorageClass's name; they take precedence
 */
public record DriverGuarantees(
    Set<String> revoking,
    Set<String> underTaint,
    Set<String> fenced,
    VolumeRelease release,
    Map<String, VolumeRelease> ofDriver,
    Map<String, VolumeRelease> ofStorageClass) {

  public DriverGuarantees {
    revoking = Set.copyOf(revoking);
    underTaint = Set.copyOf(underTaint);
    fenced = Set.copyOf(fenced);
    ofDriver = Map.copyOf(ofDriver);
    ofStorageClass = Map.copyOf(ofStorageClass);
  }

  /** Creates statements without drivers that depend on the out-of-service taint. */
  public DriverGuarantees(
      Set<String> revoking,
      Set<String> fenced,
      VolumeRelease release,
      Map<String, VolumeRelease> ofDriver,
      Map<String, VolumeRelease> ofStorageClass) {
    this(revoking, Set.of(), fenced, release, ofDriver, ofStorageClass);
  }

  /** Returns whether the way in which this volume is detached revokes the old node's access. */
  public boolean revokes(VolumeFacts volume) {
    String driver = volume.driver().orElse("");
    return revoking.contains(driver)
        && (!underTaint.contains(driver) || releaseOf(volume) == VolumeRelease.OUT_OF_SERVICE);
  }

  /** Returns the way to detach this volume. */
  public VolumeRelease releaseOf(VolumeFacts volume) {
    VolumeRelease byDriver = volume.driver().map(ofDriver::get).orElse(null);
    return ofStorageClass.getOrDefault(
        volume.storageClass(), byDriver == null ? release : byDriver);
  }

  /** Returns whether a fence has to confirm before this volume may get another writer. */
  public boolean needsFence(VolumeFacts volume) {
    boolean revoked = volume.attaches().orElse(false) && !volume.manyWriters() && revokes(volume);
    return volume.driver().filter(fenced::contains).isPresent() && !revoked;
  }
}
