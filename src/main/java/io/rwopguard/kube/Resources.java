package io.rwopguard.kube;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.model.Kind;

/** The API resources of each kind that is read. */
public final class Resources {

  public static final ResourceDefinitionContext STORAGE_CLASSES =
      of("storage.k8s.io", "StorageClass", "storageclasses", false);
  public static final ResourceDefinitionContext CSI_DRIVERS =
      of("storage.k8s.io", "CSIDriver", "csidrivers", false);
  public static final ResourceDefinitionContext VOLUME_ATTACHMENTS =
      of("storage.k8s.io", "VolumeAttachment", "volumeattachments", false);
  public static final ResourceDefinitionContext NAMESPACES =
      of("", "Namespace", "namespaces", false);

  /** The autoscalers in the first stable version, in which all of them can be read. */
  public static final ResourceDefinitionContext AUTOSCALERS =
      of("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true);

  public static final ResourceDefinitionContext RESOURCE_QUOTAS =
      of("", "ResourceQuota", "resourcequotas", true);

  /** The snapshots of the CSI snapshot controller, if that is installed. */
  public static final ResourceDefinitionContext VOLUME_SNAPSHOTS =
      of("snapshot.storage.k8s.io", "VolumeSnapshot", "volumesnapshots", true);

  public static final ResourceDefinitionContext NODES = of("", "Node", "nodes", false);
  public static final ResourceDefinitionContext LEASES =
      of("coordination.k8s.io", "Lease", "leases", true);

  public static final ResourceDefinitionContext CONFIG_MAPS =
      of("", "ConfigMap", "configmaps", true);

  /** The objects by which KEDA scales workloads. */
  public static final ResourceDefinitionContext SCALED_OBJECTS =
      of("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", true);

  private Resources() {}

  /** Returns the resource of a kind that rwop-guard reads in requests. */
  public static ResourceDefinitionContext of(Kind kind) {
    return of(kind.group(), kind.kindName(), kind.plural(), kind != Kind.PERSISTENT_VOLUME);
  }

  private static ResourceDefinitionContext of(
      String group, String kindName, String plural, boolean namespaced) {
    return of(group, "v1", kindName, plural, namespaced);
  }

  private static ResourceDefinitionContext of(
      String group, String version, String kindName, String plural, boolean namespaced) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(group)
        .withVersion(version)
        .withKind(kindName)
        .withPlural(plural)
        .withNamespaced(namespaced)
        .build();
  }
}
