package io.rwopguard.model;

import java.util.List;

/**
 * A volume of a Pod that is backed by a claim.
 *
 * @param name the name by which containers mount it
 * @param claim the source of the claim
 */
public record PodVolume(String name, ClaimSource claim) {

  /** The source of the claim of a Pod's volume. */
  public sealed interface ClaimSource permits ExistingClaim, InlineClaim {}

  /** A named claim in the Pod's own namespace. Its access modes need a lookup. */
  public record ExistingClaim(String claimName) implements ClaimSource {}

  /**
   * A claim created for the Pod from a template in the same object (StatefulSet or ephemeral
   * volume).
   *
   * @param names the claims of a StatefulSet's first Pods. The controller uses existing claims
   *     unchanged, whatever the template contains (KEP-4650).
   */
  public record InlineClaim(ClaimSpec spec, List<String> names) implements ClaimSource {

    public InlineClaim {
      names = List.copyOf(names);
    }

    /** Compares the written fields only, because the names follow from the number of replicas. */
    @Override
    public boolean equals(Object other) {
      return other instanceof InlineClaim claim && spec.equals(claim.spec);
    }

    @Override
    public int hashCode() {
      return spec.hashCode();
    }
  }
}
