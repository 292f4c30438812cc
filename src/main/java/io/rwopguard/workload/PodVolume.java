package io.rwopguard.workload;

import java.util.List;

/**
 * A volume of a Pod that is backed by a claim.
 *
 * @param name the name by which containers mount it
 * @param claim where the claim comes from
 */
public record PodVolume(String name, ClaimSource claim) {

  /** Where the claim of a Pod's volume comes from. */
  public sealed interface ClaimSource permits ExistingClaim, InlineClaim {}

  /** A claim that is named, in the Pod's own namespace. Its access modes have to be looked up. */
  public record ExistingClaim(String claimName) implements ClaimSource {}

  /**
   * A claim made for the Pod from a template in the same object (StatefulSet or ephemeral volume).
   *
   * @param names of the claims that a StatefulSet's controller makes of it for its first Pods. It
   *     uses those that exist already as they are, whatever the template says (KEP-4650).
   */
  public record InlineClaim(ClaimSpec spec, List<String> names) implements ClaimSource {

    public InlineClaim {
      names = List.copyOf(names);
    }

    /** Compares what is written: the names follow from the number of replicas. */
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
