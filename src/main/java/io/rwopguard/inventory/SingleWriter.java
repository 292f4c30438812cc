package io.rwopguard.inventory;

import io.rwopguard.model.AccessModes;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.PodVolume;
import io.rwopguard.model.PodVolume.ExistingClaim;
import io.rwopguard.model.PodVolume.InlineClaim;
import java.util.List;

/** The answer to whether Kubernetes lets only one Pod use a volume. */
public enum SingleWriter {
  /**
   * ReadWriteOncePod is the only mode of the claim (enforced by the scheduler) or of its volume (by
   * the kubelet).
   */
  YES,
  /** Both are known, and ReadWriteOncePod is not the only mode of either. */
  NO,
  /** The claim does not exist yet. */
  NO_CLAIM_YET,
  /** The claim or its volume could not be looked up. */
  UNKNOWN;

  /**
   * Evaluates a Pod's volume by the access modes of its template, or of the claim it names. For a
   * StatefulSet's template the existing claims count as well.
   */
  public static SingleWriter of(PodVolume volume, String namespace, Inventory inventory) {
    if (volume.claim() instanceof InlineClaim inline) {
      return of(inline, namespace, inventory);
    }
    String claimName = ((ExistingClaim) volume.claim()).claimName();
    return of(new ClaimKey(namespace, claimName), inventory);
  }

  private static SingleWriter of(InlineClaim inline, String namespace, Inventory inventory) {
    SingleWriter written = of(inline.spec().accessModes().modes());
    if (written != YES || !inventory.knowsCluster()) {
      return written;
    }
    List<SingleWriter> found =
        inline.names().stream().map(name -> of(new ClaimKey(namespace, name), inventory)).toList();
    if (found.contains(NO)) {
      return NO;
    }
    // only the first was read, because no claim of a new StatefulSet is in memory
    return !found.isEmpty() && found.get(0) == UNKNOWN ? UNKNOWN : YES;
  }

  /** Evaluates a claim by its own access modes and its volume's. */
  public static SingleWriter of(ClaimKey key, Inventory inventory) {
    Lookup<Claim> claim = inventory.claim(key);
    if (claim instanceof Lookup.Found<Claim> found) {
      return of(found.object(), inventory);
    }
    return claim instanceof Lookup.Absent ? NO_CLAIM_YET : UNKNOWN;
  }

  private static SingleWriter of(Claim claim, Inventory inventory) {
    if (claim.isExclusive() || claim.volumeName().isEmpty()) {
      return of(claim.accessModes());
    }
    Lookup<Volume> volume = inventory.volume(claim.volumeName());
    if (volume instanceof Lookup.Found<Volume> found) {
      return of(found.object().accessModes());
    }
    return volume instanceof Lookup.Absent ? NO : UNKNOWN;
  }

  private static SingleWriter of(List<String> modes) {
    return AccessModes.areReadWriteOncePodAlone(modes) ? YES : NO;
  }
}
