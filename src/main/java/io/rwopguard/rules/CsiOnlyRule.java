package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Volume;
import io.rwopguard.workload.ClaimSpec;
import io.rwopguard.workload.FieldPath;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.VolumeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

  /** Their provisioners, by the same list. */
  private static final Set<String> PROVISIONERS_MIGRATED_TO_CSI =
      Set.of(
          "kubernetes.io/aws-ebs",
          "kubernetes.io/azure-disk",
          "kubernetes.io/azure-file",
          "kubernetes.io/cinder",
          "kubernetes.io/gce-pd",
          "kubernetes.io/portworx-volume",
          "kubernetes.io/vsphere-volume");

  /** All provisioners that were ever part of Kubernetes, and the one that stands for none. */
  private static final String IN_TREE_PREFIX = "kubernetes.io/";

  private static final String NO_PROVISIONER = "kubernetes.io/no-provisioner";

  private final Set<String> fineProvisioners;

  /** Says nothing of these provisioners' volumes and claims. */
  CsiOnlyRule(Set<String> fineProvisioners) {
    this.fineProvisioners = Set.copyOf(fineProvisioners);
  }

  @Override
  public String id() {
    return "csi-only";
  }

  @Override
  public String summary() {
    return "ReadWriteOncePod on a PersistentVolume without a csi source, or on a claim or claim"
        + " template whose StorageClass has an in-tree provisioner or none; in-tree storage that"
        + " Kubernetes has migrated to CSI counts as CSI, and rwop-guard.fine-provisioners are left"
        + " alone";
  }

  @Override
  public String why() {
    return "Only a CSI driver learns that a volume is for a single writer. On hostPath, NFS,"
        + " local and in-tree volumes the API server accepts the mode, and nothing at the"
        + " storage knows of it.";
  }

  @Override
  public String byDefault() {
    return "deny a volume made by hand; warn a provisioned one and a claim";
  }

  @Override
  public String remedy() {
    return "use a volume of a CSI driver, or write accessModes: [\"ReadWriteOnce\"]";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    List<Finding> findings = new ArrayList<>();
    object.volume().flatMap(volume -> ofVolume(volume, object)).ifPresent(findings::add);
    for (ClaimSpec claim : object.writtenClaims()) {
      ofClaim(claim, inventory).ifPresent(findings::add);
    }
    return findings;
  }

  private Optional<Finding> ofVolume(VolumeSpec volume, ObjectFacts object) {
    String provisioner = object.annotations().getOrDefault(PROVISIONED_BY, "");
    return volume
        .source()
        .filter(source -> volume.accessModes().nameReadWriteOncePod())
        .filter(source -> !source.equals("csi") && !MIGRATED_TO_CSI.contains(source))
        .filter(source -> !fineProvisioners.contains(provisioner))
        .map(
            source ->
                new Finding(
                    id(),
                    // refusing what a provisioner made would leave its claim waiting for ever
                    provisioner.isEmpty() ? Severity.DENY : Severity.WARN,
                    FieldPath.ROOT.field("spec").field(source),
                    source,
                    "ReadWriteOncePod needs a CSI driver to enforce it at the storage, and a %s"
                            .formatted(source)
                        + " volume has none",
                    remedy()));
  }

  private Optional<Finding> ofClaim(ClaimSpec claim, Inventory inventory) {
    if (!claim.accessModes().nameReadWriteOncePod() || isBoundToCsi(claim, inventory)) {
      return Optional.empty();
    }
    return inventory
        .storageClassOf(claim.storageClass())
        .value()
        .filter(known -> isInTree(known.provisioner()))
        .map(
            known ->
                new Finding(
                    id(),
                    Severity.WARN,
                    claim.path().field("storageClassName"),
                    known.name(),
                    "ReadWriteOncePod needs a CSI driver to enforce it at the storage, and class %s %s"
                        .formatted(
                            known.name(),
                            known.provisioner().equals(NO_PROVISIONER)
                                ? "has no provisioner"
                                : "is provisioned by " + known.provisioner()),
                    remedy()));
  }

  private boolean isInTree(String provisioner) {
    return provisioner.startsWith(IN_TREE_PREFIX)
        && !PROVISIONERS_MIGRATED_TO_CSI.contains(provisioner)
        && !fineProvisioners.contains(provisioner);
  }

  /** A class without a provisioner may well be that of CSI volumes made by hand. */
  private static boolean isBoundToCsi(ClaimSpec claim, Inventory inventory) {
    return !claim.volumeName().isEmpty()
        && inventory.volume(claim.volumeName()).value().flatMap(Volume::csiDriver).isPresent();
  }
}
