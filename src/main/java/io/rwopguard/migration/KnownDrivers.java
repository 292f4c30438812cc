package io.rwopguard.migration;

import java.util.Set;

/**
 * CSI drivers whose sources declare the capability SINGLE_NODE_MULTI_WRITER, and so are told of a
 * volume for a single Pod. Read in their repositories in November 2026; the drivers of EBS, of
 * Google's persistent disks and of vSphere did not declare it: with those only Kubernetes enforces
 * the mode.
 */
final class KnownDrivers {

  private static final Set<String> NAMES =
      Set.of("cephfs.csi.ceph.com", "disk.csi.azure.com", "driver.longhorn.io", "rbd.csi.ceph.com");

  private KnownDrivers() {}

  static boolean know(String driver) {
    return NAMES.contains(driver);
  }
}
