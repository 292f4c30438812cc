package io.rwopguard.workload;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Optional;

/**
 * An in-tree volume source that Kubernetes serves by a CSI driver (CSI migration): inTreePlugins of
 * k8s.io/csi-translation-lib v0.37. The other in-tree drivers that Kubernetes had (cephfs, flocker,
 * glusterfs, photonPersistentDisk, quobyte, rbd, scaleIO, storageos) are removed and not replaced.
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

  /** The source that the spec of a PersistentVolume, or a volume of a Pod, has. */
  public static Optional<InTreeSource> of(JsonNode volume) {
    return Arrays.stream(values()).filter(each -> volume.path(each.field).isObject()).findFirst();
  }

  /** The source with this field. */
  public static Optional<InTreeSource> ofField(String field) {
    return Arrays.stream(values()).filter(each -> each.field.equals(field)).findFirst();
  }

  /** The source of the volumes that the driver makes for a StorageClass with this provisioner. */
  public static Optional<InTreeSource> ofProvisioner(String provisioner) {
    return Arrays.stream(values()).filter(each -> each.provisioner.equals(provisioner)).findFirst();
  }

  /** The field of a PersistentVolume's spec. */
  public String field() {
    return field;
  }

  /** What a StorageClass names. */
  public String provisioner() {
    return provisioner;
  }

  /** The name of the CSI driver that serves it. */
  public String driver() {
    return driver;
  }

  /** What the {@code volumeHandle} of a PersistentVolume with a csi source is. */
  public String handle() {
    return handle;
  }

  /**
   * Whether the driver and the kubelet learn of ReadWriteOncePod. The translation of a
   * gcePersistentDisk knows the older access modes only, and makes ReadWriteOnce of this one
   * (backwardCompatibleAccessModes).
   */
  public boolean keepsReadWriteOncePod() {
    return this != GCE_PERSISTENT_DISK;
  }
}
