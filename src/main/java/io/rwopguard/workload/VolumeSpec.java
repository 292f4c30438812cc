package io.rwopguard.workload;

import java.util.Optional;

/**
 * What a PersistentVolume is.
 *
 * @param source the field of its spec that says where its data lies ({@code csi}, {@code nfs})
 * @param csiDriver the name of the CSI driver that is known to serve it: of a {@code csi} source,
 *     or of an {@link InTreeSource}
 * @param claim the claim that it is bound to or kept for
 * @param onOneNode whether only one node has it
 */
public record VolumeSpec(
    AccessModes accessModes,
    Optional<String> source,
    Optional<String> csiDriver,
    Optional<ClaimKey> claim,
    boolean onOneNode) {

  /** Whether this is the change that lets only one Pod use the volume. */
  public boolean becomesExclusive(Optional<VolumeSpec> before) {
    return accessModes.areReadWriteOncePodAlone()
        && before.map(old -> !old.accessModes.areReadWriteOncePodAlone()).orElse(false);
  }
}
