package io.rwopguard.inventory;

import io.rwopguard.model.AccessModes;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ClaimSpec;
import io.rwopguard.model.ObjectFacts;
import java.util.List;
import java.util.Optional;

/**
 * A PersistentVolumeClaim as a cluster knows it.
 *
 * @param accessModes the modes that it requests, which the scheduler reads
 * @param storageClass empty if it names none
 * @param volumeName the PersistentVolume it is bound to or requests; empty if there is none yet
 */
public record Claim(
    ClaimKey key, List<String> accessModes, Optional<String> storageClass, String volumeName) {

  public Claim {
    accessModes = List.copyOf(accessModes);
  }

  /** Returns the record of an object of this kind. */
  public static Claim of(ObjectFacts object) {
    ClaimSpec spec = object.claim().orElseThrow();
    return new Claim(
        new ClaimKey(object.namespace(), object.name()),
        spec.accessModes().modes(),
        spec.storageClass(),
        spec.volumeName());
  }

  /** Returns whether ReadWriteOncePod is its only mode. Only then does the scheduler enforce it. */
  public boolean isExclusive() {
    return AccessModes.areReadWriteOncePodAlone(accessModes);
  }
}
