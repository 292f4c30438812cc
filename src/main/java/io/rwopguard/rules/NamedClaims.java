package io.rwopguard.rules;

import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectFacts;
import java.util.Collection;
import java.util.List;

/**
 * The claims that an object's Pods name and share: those made for each Pod from a template are
 * never shared.
 */
final class NamedClaims {

  private NamedClaims() {}

  /** The claims that an object names and that only one Pod can use. */
  static List<ClaimKey> exclusive(ObjectFacts object, Inventory inventory) {
    return of(object.namedClaims(), SingleWriter.YES, inventory);
  }

  /** Those of the claims with this answer to whether they are for a single writer. */
  static List<ClaimKey> of(Collection<ClaimKey> claims, SingleWriter answer, Inventory inventory) {
    // most objects name none, and each rule asks
    if (claims.isEmpty()) {
      return List.of();
    }
    return claims.stream().filter(claim -> SingleWriter.of(claim, inventory) == answer).toList();
  }

  /** Says of an exclusive claim what makes it so: its own access mode, or its volume's. */
  static String whyExclusive(ClaimKey key, Inventory inventory) {
    boolean byClaim = inventory.claim(key).value().map(Claim::isExclusive).orElse(true);
    return (byClaim ? "claim %s is ReadWriteOncePod" : "the volume of claim %s is ReadWriteOncePod")
        .formatted(key.name());
  }
}
