package io.rwopguard.workload;

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
   */
  public record InlineClaim(ClaimSpec spec) implements ClaimSource {}
}
