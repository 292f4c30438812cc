package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.workload.AccessModes;
import io.rwopguard.workload.FieldPath;
import io.rwopguard.workload.ObjectFacts;
import java.util.List;
import java.util.Set;

/**
 * Only a CSI driver is told of ReadWriteOncePod (SINGLE_NODE_SINGLE_WRITER). The API server accepts
 * it on any other volume, where nothing at the storage keeps a second writer out.
 */
public final class CsiOnlyRule implements Rule {

  /**
   * In-tree sources that Kubernetes serves by a CSI driver: inTreePlugins of
   * k8s.io/csi-translation-lib v0.37.
   */
  private static final Set<String> MIGRATED_TO_CSI =
      Set.of(
          "awsElasticBlockStore",
          "azureDisk",
          "azureFile",
          "cinder",
          "gcePersistentDisk",
          "portworxVolume",
          "vsphereVolume");

  /**
   * Set by whatever provisioned a volume: k8s.io/kubernetes
   * pkg/controller/volume/persistentvolume/util.
   */
  private static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

  @Override
  public String id() {
    return "csi-only";
  }

  @Override
  public String summary() {
    return "ReadWriteOncePod on a PersistentVolume without a csi source (in-tree sources that"
        + " Kubernetes has migrated to CSI count as CSI)";
  }

  @Override
  public String remedy() {
    return "use a volume of a CSI driver, or write accessModes: [\"ReadWriteOnce\"]";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    if (!object.accessModes().map(AccessModes::nameReadWriteOncePod).orElse(false)) {
      return List.of();
    }
    return object
        .volumeSource()
        .filter(source -> !source.equals("csi") && !MIGRATED_TO_CSI.contains(source))
        .map(source -> List.of(finding(source, object)))
        .orElse(List.of());
  }

  private Finding finding(String source, ObjectFacts volume) {
    // refusing what a provisioner made would leave its claim waiting for ever
    boolean provisioned = volume.annotations().containsKey(PROVISIONED_BY);
    return new Finding(
        id(),
        provisioned ? Severity.WARN : Severity.DENY,
        FieldPath.ROOT.field("spec").field(source),
        source,
        "ReadWriteOncePod needs a CSI driver to enforce it at the storage, and a "
            + source
            + " volume has none",
        remedy());
  }
}
