package io.rwopguard.rules;

import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectFacts;
import java.util.Collection;
import java.util.List;

/**
 * Returns the claims that an object's Pods name and share. Pods never share the claims that a
 * template creates for each of them.
 */
final class NamedClaims {

  private NamedClaims() {}

  /** Returns the claims that an object names and that only one Pod can use. */
  static List<ClaimKey> exclusive(ObjectFacts object, Inventory inventory) {
    return of(object.namedClaims(), SingleWriter.YES, inventory);
  }

  /** Returns the claims for which this is the answer to whether they allow a single writer. */
  static List<ClaimKey> of(Collection<ClaimKey> claims, SingleWriter answer, Inventory inventory) {
    // most objects name none, and each rule calls this
    if (claims.isEmpty()) {
      return List.of();
    }
    return claims.stream().filter(claim -> SingleWriter.of(claim, inventory) == answer).toList();
  }

  /** Returns what makes a claim exclusive: its own access mode, or its volume's. */
  static String whyExclusive(ClaimKey key, Inventory inventory) {
    boolean byClaim = inventory.claim(key).value().map(Claim::isExclusive).orElse(true);
    return (byClaim ? "claim %s is ReadWriteOncePod" : "the volume of claim %s is ReadWriteOncePod")
        .formatted(key.name());
  }
}
