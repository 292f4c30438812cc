package io.rwopguard.rules;

/**
 * A check that only an audit makes. It reports a problem of the running cluster, and no request is
 * refused because of it. Settings name a check like a rule.
 */
public enum ClusterCheck implements RuleDocumentation {
  CSI_SIDECAR_VERSION(
      "csi-sidecar-version",
      "a container of csi-provisioner before v3.0.0, csi-attacher before v3.3.0 or csi-resizer"
          + " before v1.3.0, told by its image's name and tag",
      "These sidecars ask the driver for what Kubernetes wants, and before these versions they do"
          + " not know the mode: a volume is not provisioned, or not attached (\"unsupported"
          + " AccessMode combination\").",
      "warn; audit where the version cannot be told",
      "update the driver, or its sidecar"),
  ATTACH_REQUIRED(
      "attach-required",
      "a CSIDriver with attachRequired: false that serves ReadWriteOncePod volumes",
      "Kubernetes keeps a second node from a volume by attaching it to one node at a time. With a"
          + " driver that does not attach, a node that is cut off can keep writing while another"
          + " one mounts the volume.",
      "audit",
      "use a driver that attaches, or make sure that the storage itself turns the old node away"),
  ATTACH_REQUIRED_CHANGED(
      "attach-required-changed",
      "a CSIDriver that serves ReadWriteOncePod volumes and whose attachRequired differs from what"
          + " its project ships in every version and installation (docs/reference/drivers.md)",
      "The driver's attacher and its controller are made for the value that is shipped. With false"
          + " instead of true, nothing keeps a second node from mounting a volume; with true"
          + " instead of false, Pods may wait for an attachment that nothing makes.",
      "audit",
      "install the CSIDriver that the project ships"),
  DRIVER_DOES_NOT_FENCE(
      "driver-does-not-fence",
      "a CSIDriver that serves ReadWriteOncePod volumes and is known not to take access away from"
          + " an unreachable node when a volume is unpublished there (docs/reference/drivers.md)",
      "Kubernetes detaches a volume from an unreachable node after six minutes, or at once with the"
          + " taint out-of-service. Where the driver does not take access away then, the old"
          + " container can still write while a new one does.",
      "audit",
      "stop a node before you force-delete its Pods, or use what docs/reference/drivers.md names for this"
          + " driver");

  private final String id;
  private final String summary;
  private final String why;
  private final String byDefault;
  private final String remedy;

  ClusterCheck(String id, String summary, String why, String byDefault, String remedy) {
    this.id = id;
    this.summary = summary;
    this.why = why;
    this.byDefault = byDefault;
    this.remedy = remedy;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String summary() {
    return summary;
  }

  @Override
  public String why() {
    return why;
  }

  @Override
  public String byDefault() {
    return byDefault;
  }

  @Override
  public String remedy() {
    return remedy;
  }
}
