package io.rwopguard.failover.plan;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.InTreeSource;
import java.util.Optional;

/**
 * A volume of a Pod, with the facts that decide which node may write to it.
 *
 * @param claim the claim's name
 * @param claimUid the claim's UID
 * @param volume the PersistentVolume's name
 * @param manyWriters whether its access modes let Pods of several nodes use it anyway
 * @param readOnly whether the Pod mounts it read-only
 * @param driver the CSI driver's name; empty if the PersistentVolume has no csi source
 * @param inTree the in-tree source that a CSI driver serves; empty if there is none
 * @param handle the driver's own name of the volume
 * @param storageClass the StorageClass's name; empty if it has none
 * @param attaches whether the driver attaches volumes; empty if that is unknown
 * @param nodeAffinity the nodes that can reach it, from the PersistentVolume; may be missing
 */
public record VolumeFacts(
    String claim,
    String claimUid,
    String volume,
    boolean manyWriters,
    boolean readOnly,
    Optional<String> driver,
    Optional<InTreeSource> inTree,
    String handle,
    String storageClass,
    Optional<Boolean> attaches,
    JsonNode nodeAffinity) {

  /** Returns its name in a node's {@code status.volumesInUse}, as the kubelet writes it. */
  public String uniqueName() {
    return "kubernetes.io/csi/%s^%s".formatted(driver.orElse(""), handle);
  }
}
