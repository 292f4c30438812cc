package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * An in-tree volume source that Kubernetes serves by a CSI driver (CSI migration): inTreePlugins of
 * k8s.io/csi-translation-lib v0.37. Kubernetes removed its other in-tree drivers without a
 * replacement (cephfs, flocker, glusterfs, photonPersistentDisk, quobyte, rbd, scaleIO, storageos).
 */
public enum InTreeSource {
  AWS_ELASTIC_BLOCK_STORE(
      "awsElasticBlockStore",
      "kubernetes.io/aws-ebs",
      "ebs.csi.aws.com",
      "the `vol-...` of `volumeID`"),
  AZURE_DISK("azureDisk", "kubernetes.io/azure-disk", "disk.csi.azure.com", "`diskURI`"),
  AZURE_FILE(
      "azureFile",
      "kubernetes.io/azure-file",
      "file.csi.azure.com",
      "`RESOURCEGROUP#ACCOUNT#SHARE#NAME#NAMESPACE`, with the Secret as `nodeStageSecretRef`"),
  CINDER("cinder", "kubernetes.io/cinder", "cinder.csi.openstack.org", "`volumeID`"),
  GCE_PERSISTENT_DISK(
      "gcePersistentDisk",
      "kubernetes.io/gce-pd",
      "pd.csi.storage.gke.io",
      "`projects/PROJECT/zones/ZONE/disks/PDNAME`, or `regions/REGION` of a regional disk"),
  PORTWORX_VOLUME(
      "portworxVolume", "kubernetes.io/portworx-volume", "pxd.portworx.com", "`volumeID`"),
  VSPHERE_VOLUME(
      "vsphereVolume",
      "kubernetes.io/vsphere-volume",
      "csi.vsphere.vmware.com",
      "`spec.volumeid` of the CnsVSphereVolumeMigration with this `volumePath`");

  /**
   * The annotations that the PersistentVolume controller writes to objects that a driver serves.
   */
  private static final List<String> MARKS =
      List.of(
          "pv.kubernetes.io/migrated-to",
          "volume.kubernetes.io/storage-provisioner",
          "volume.beta.kubernetes.io/storage-provisioner");

  private final String field;
  private final String provisioner;
  private final String driver;
  private final String handle;

  InTreeSource(String field, String provisioner, String driver, String handle) {
    this.field = field;
    this.provisioner = provisioner;
    this.driver = driver;
    this.handle = handle;
  }

  /** Returns the source of a PersistentVolume, if it is known that its driver serves it. */
  public static Optional<InTreeSource> of(JsonNode volume) {
    JsonNode annotations = volume.path("metadata").path("annotations");
    return Arrays.stream(values())
        .filter(each -> volume.path("spec").path(each.field).isObject())
        .filter(each -> each.isServed(name -> annotations.path(name).asText()))
        .findFirst();
  }

  /** Returns the source with this field. */
  public static Optional<InTreeSource> ofField(String field) {
    return Arrays.stream(values()).filter(each -> each.field.equals(field)).findFirst();
  }

  /** Returns the source of the volumes of a StorageClass with this provisioner. */
  public static Optional<InTreeSource> ofProvisioner(String provisioner) {
    return Arrays.stream(values()).filter(each -> each.provisioner.equals(provisioner)).findFirst();
  }

  /** Returns the field of a PersistentVolume's spec. */
  public String field() {
    return field;
  }

  /** Returns the provisioner that a StorageClass names. */
  public String provisioner() {
    return provisioner;
  }

  /** Returns the name of the CSI driver that serves it. */
  public String driver() {
    return driver;
  }

  /** Returns the meaning of the {@code volumeHandle} of a PersistentVolume with a csi source. */
  public String handle() {
    return handle;
  }

  /**
   * Returns whether it is known that the driver serves an object with this source. Kubernetes
   * serves Portworx volumes this way by default only since 1.31. It marks those that it provisioned
   * (CSIMigrationPortworx; updateMigrationAnnotations of pkg/controller/volume/persistentvolume).
   *
   * @param annotations those of the PersistentVolume or PersistentVolumeClaim
   */
  public boolean isServed(UnaryOperator<String> annotations) {
    return this != PORTWORX_VOLUME
        || MARKS.stream().anyMatch(mark -> driver.equals(annotations.apply(mark)));
  }

  /**
   * Returns whether ReadWriteOncePod reaches the driver and the kubelet. The translation of a
   * gcePersistentDisk knows the older access modes only, and replaces it with ReadWriteOnce
   * (backwardCompatibleAccessModes).
   */
  public boolean keepsReadWriteOncePod() {
    return this != GCE_PERSISTENT_DISK;
  }
}
