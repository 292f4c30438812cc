package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.StorageClass;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.ClaimSpec;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.InTreeSource;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Severity;
import io.rwopguard.model.VolumeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds ReadWriteOncePod on a volume that no CSI driver serves. Kubernetes passes the mode on to
 * CSI drivers only (SINGLE_NODE_SINGLE_WRITER). The API server accepts it on any other volume,
 * where the storage keeps no second writer out.
 */
public final class CsiOnlyRule implements Rule {

  /**
   * The annotation in which a provisioner writes its name: k8s.io/kubernetes
   * pkg/controller/volume/persistentvolume/util.
   */
  private static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

  /** The prefix of all in-tree provisioners, and of the name that means no provisioner. */
  private static final String IN_TREE_PREFIX = "kubernetes.io/";

  private static final String NO_PROVISIONER = "kubernetes.io/no-provisioner";

  private final Set<String> allowedProvisioners;

  /** Creates the rule without findings for the volumes and claims of these provisioners. */
  CsiOnlyRule(Set<String> allowedProvisioners) {
    this.allowedProvisioners = Set.copyOf(allowedProvisioners);
  }

  @Override
  public String id() {
    return "csi-only";
  }

  @Override
  public String summary() {
    return "ReadWriteOncePod on a PersistentVolume without a csi source, or on a claim or claim"
        + " template whose StorageClass has an in-tree provisioner or none, even if a CSI driver"
        + " serves the in-tree storage; provisioners in rwop-guard.allowed-provisioners are skipped";
  }

  @Override
  public String why() {
    return "Kubernetes tells only CSI drivers that a volume has a single writer. On hostPath, NFS,"
        + " local and in-tree volumes the API server accepts the mode, but the storage does not"
        + " enforce it. A CSI driver that serves an in-tree volume may enforce it, but migrate and"
        + " failover need a csi source.";
  }

  @Override
  public String byDefault() {
    return "deny for a manually created volume; warn for a provisioned volume and a claim; always"
        + " warn if a CSI driver serves the volume";
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
      ofClaim(claim, object, inventory).ifPresent(findings::add);
    }
    return findings;
  }

  private Optional<Finding> ofVolume(VolumeSpec volume, ObjectFacts object) {
    String provisioner = object.annotations().getOrDefault(PROVISIONED_BY, "");
    return volume
        .source()
        .filter(source -> volume.accessModes().nameReadWriteOncePod())
        .filter(source -> !source.equals("csi") && !allowedProvisioners.contains(provisioner))
        .map(
            source ->
                InTreeSource.ofField(source)
                    .map(inTree -> ofMigrated(inTree, object))
                    .orElseGet(() -> ofOther(source, provisioner)));
  }

  private Finding ofOther(String source, String provisioner) {
    return new Finding(
        id(),
        // the claim of a provisioned volume that is refused would stay Pending forever
        provisioner.isEmpty() ? Severity.DENY : Severity.WARN,
        FieldPath.ROOT.field("spec").field(source),
        source,
        "ReadWriteOncePod needs a CSI driver that enforces it at the storage, but a %s volume has none"
            .formatted(source),
        remedy());
  }

  /**
   * Returns a warning only: a driver serves the source, or may serve it. A false refusal would be
   * worse than a missed one.
   */
  private Finding ofMigrated(InTreeSource source, ObjectFacts object) {
    return new Finding(
        id(),
        Severity.WARN,
        Severity.WARN,
        FieldPath.ROOT.field("spec").field(source.field()),
        source.field(),
        "driver %s serves this volume%s its object is in-tree, %s"
            .formatted(
                source.driver(),
                condition(source, object),
                source.keepsReadWriteOncePod()
                    ? "so migrate and failover refuse it"
                    : "so Kubernetes tells the driver and the kubelet ReadWriteOnce"),
        "recreate the PersistentVolume with a csi source, as docs/guides/migration.md describes");
  }

  /** Returns the words between the driver's name and the shape of the object. */
  private static String condition(InTreeSource source, ObjectFacts object) {
    return source.isServed(object.annotations()::get)
        ? ", but"
        : " only with the feature gate CSIMigrationPortworx (on by default since Kubernetes 1.31), and";
  }

  private Optional<Finding> ofClaim(ClaimSpec claim, ObjectFacts object, Inventory inventory) {
    if (!claim.accessModes().nameReadWriteOncePod() || isBoundToCsi(claim, inventory)) {
      return Optional.empty();
    }
    return inventory
        .storageClassOf(claim.storageClass())
        .value()
        .filter(known -> known.provisioner().startsWith(IN_TREE_PREFIX))
        .filter(known -> !allowedProvisioners.contains(known.provisioner()))
        .map(known -> ofClass(claim, known, object));
  }

  private Finding ofClass(ClaimSpec claim, StorageClass known, ObjectFacts object) {
    Optional<InTreeSource> migrated = InTreeSource.ofProvisioner(known.provisioner());
    return new Finding(
        id(),
        Severity.WARN,
        migrated.isPresent() ? Severity.WARN : Severity.DENY,
        claim.path().field("storageClassName"),
        known.name(),
        migrated
            .map(
                source ->
                    "class %s is provisioned by %s: driver %s serves its volumes%s their objects are in-tree"
                        .formatted(
                            known.name(),
                            known.provisioner(),
                            source.driver(),
                            condition(source, object)))
            .orElseGet(
                () ->
                    "ReadWriteOncePod needs a CSI driver that enforces it at the storage, but class %s %s"
                        .formatted(
                            known.name(),
                            known.provisioner().equals(NO_PROVISIONER)
                                ? "has no provisioner"
                                : "is provisioned by " + known.provisioner())),
        migrated
            .map(source -> "use a StorageClass whose provisioner is %s".formatted(source.driver()))
            .orElse(remedy()));
  }

  /**
   * Returns whether the claim's volume has a CSI driver. A class without a provisioner may be the
   * class of manually created CSI volumes.
   */
  private static boolean isBoundToCsi(ClaimSpec claim, Inventory inventory) {
    return !claim.volumeName().isEmpty()
        && inventory.volume(claim.volumeName()).value().flatMap(Volume::csiDriver).isPresent();
  }
}
