package io.rwopguard.inventory;

/**
 * A StorageClass as a cluster knows it.
 *
 * @param provisioner what makes its volumes: a CSI driver's name, or {@code kubernetes.io/...}
 * @param isDefault whether claims that name no class get this one
 */
public record StorageClass(String name, String provisioner, boolean isDefault) {

  /** The annotation that makes one the default. */
  public static final String IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";
}
