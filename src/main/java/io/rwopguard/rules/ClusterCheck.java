package io.rwopguard.rules;

/**
 * A check that only an audit makes. It reports a problem of the running cluster, and no request is
 * refused because of it. Settings name a check like a rule.
 */
public enum ClusterCheck implements RuleDocumentation {
  CSI_SIDECAR_VERSION(
      "csi-sidecar-version",
      "a container of csi-provisioner before v3.0.0, csi-attacher before v3.3.0 or csi-resizer"
          + " before v1.3.0, identified by its image's name and tag",
      "These sidecars pass Kubernetes' requests to the driver. Earlier versions do not support the"
          + " mode: a volume is not provisioned, or not attached (\"unsupported AccessMode"
          + " combination\").",
      "warn; audit if the version cannot be determined",
      "update the driver, or its sidecar"),
  ATTACH_REQUIRED(
      "attach-required",
      "a CSIDriver with attachRequired: false that serves ReadWriteOncePod volumes",
      "Kubernetes keeps a second node from a volume by attaching it to one node at a time. With a"
          + " driver that does not attach, an isolated node can keep writing while another one"
          + " mounts the volume.",
      "audit",
      "use a driver that attaches, or make sure that the storage itself rejects the old node"),
  ATTACH_REQUIRED_CHANGED(
      "attach-required-changed",
      "a CSIDriver that serves ReadWriteOncePod volumes and whose attachRequired differs from what"
          + " its project ships in every version and installation (docs/reference/drivers.md)",
      "The driver's attacher and controller are built for the shipped value. With false instead of"
          + " true, nothing keeps a second node from mounting a volume. With true instead of false,"
          + " Pods may wait for an attachment that no controller creates.",
      "audit",
      "install the CSIDriver that the project ships"),
  DRIVER_DOES_NOT_FENCE(
      "driver-does-not-fence",
      "a CSIDriver that serves ReadWriteOncePod volumes and is known not to revoke an unreachable"
          + " node's access when a volume is unpublished there (docs/reference/drivers.md)",
      "Kubernetes detaches a volume from an unreachable node after six minutes, or immediately with"
          + " the taint out-of-service. If the driver does not revoke access then, the old"
          + " container can still write while a new one does.",
      "audit",
      "stop a node before you force-delete its Pods, or use the fence that"
          + " docs/reference/drivers.md names for this driver");

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
