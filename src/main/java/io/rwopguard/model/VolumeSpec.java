package io.rwopguard.model;

import java.util.Optional;

/**
 * The spec of a PersistentVolume.
 *
 * @param source the field of its spec that contains its storage ({@code csi}, {@code nfs})
 * @param csiDriver the name of the CSI driver that is known to serve it: of a {@code csi} source,
 *     or of an {@link InTreeSource}
 * @param claim the claim that it is bound to or reserved for
 * @param onOneNode whether only one node has it
 */
public record VolumeSpec(
    AccessModes accessModes,
    Optional<String> source,
    Optional<String> csiDriver,
    Optional<ClaimKey> claim,
    boolean onOneNode) {

  /** Returns whether this change lets only one Pod use the volume. */
  public boolean becomesExclusive(Optional<VolumeSpec> before) {
    return accessModes.areReadWriteOncePodAlone()
        && before.map(old -> !old.accessModes.areReadWriteOncePodAlone()).orElse(false);
  }
}
