package io.rwopguard.inventory;

import java.util.List;

/**
 * A PersistentVolumeClaim as a cluster knows it.
 *
 * @param accessModes what it asks for, which is what the scheduler goes by
 * @param volumeName the PersistentVolume it is bound to or asks for; empty if there is none yet
 */
public record Claim(ClaimKey key, List<String> accessModes, String volumeName) {

  public Claim {
    accessModes = List.copyOf(accessModes);
  }
}
