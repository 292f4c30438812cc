package io.rwopguard.failover.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * A volume of a Pod's, as far as it matters who writes to it.
 *
 * @param claim the claim's name
 * @param volume the PersistentVolume's name
 * @param manyWriters whether its access modes let Pods of several nodes write to it anyway, or none
 * @param driver the CSI driver's name; empty if it is no CSI volume
 * @param handle the driver's own name for it
 * @param storageClass empty if it has none
 * @param attaches whether the driver attaches volumes; empty if that is not known
 * @param nodeAffinity the nodes that can reach it, as the PersistentVolume says; may be missing
 */
public record VolumeFacts(
    String claim,
    String volume,
    boolean manyWriters,
    Optional<String> driver,
    String handle,
    String storageClass,
    Optional<Boolean> attaches,
    JsonNode nodeAffinity) {

  /** As the kubelet names it in its node's {@code status.volumesInUse}. */
  public String uniqueName() {
    return "kubernetes.io/csi/%s^%s".formatted(driver.orElse(""), handle);
  }
}
