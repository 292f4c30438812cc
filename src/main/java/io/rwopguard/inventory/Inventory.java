package io.rwopguard.inventory;

import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.PodVolume;
import io.rwopguard.workload.PodVolume.ExistingClaim;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * What is known of a cluster's claims and volumes. Look-ups answer from memory at once and never
 * block; whatever needs more than that goes through {@link #learn} first.
 */
public interface Inventory {

  /** What is known of this claim. */
  Lookup<Claim> claim(ClaimKey key);

  /** What is known of this PersistentVolume. */
  Lookup<Volume> volume(String name);

  /**
   * An inventory that has asked the cluster about these claims, and the volumes they are bound to,
   * where this one did not know them. It completes in bounded time, never exceptionally; what could
   * not be learnt by then stays unknown.
   */
  CompletionStage<Inventory> learn(Set<ClaimKey> claims);

  /** The existing claims that an object's Pods name. */
  static Set<ClaimKey> claimsOf(ObjectFacts object) {
    Set<ClaimKey> claims = new HashSet<>();
    object
        .podTemplate()
        .ifPresent(
            template -> {
              for (PodVolume volume : template.volumes()) {
                if (volume.claim() instanceof ExistingClaim existing) {
                  claims.add(new ClaimKey(object.namespace(), existing.claimName()));
                }
              }
            });
    return claims;
  }
}
