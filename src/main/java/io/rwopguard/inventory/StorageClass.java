package io.rwopguard.inventory;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A StorageClass as a cluster knows it.
 *
 * @param provisioner what makes its volumes: a CSI driver's name, or {@code kubernetes.io/...}
 * @param isDefault whether claims that name no class get this one
 */
public record StorageClass(String name, String provisioner, boolean isDefault) {

  /** The annotation that makes one the default. */
  private static final String IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";

  /** What an object of the API says. */
  public static StorageClass of(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    return new StorageClass(
        metadata.path("name").asText(),
        object.path("provisioner").asText(),
        metadata.path("annotations").path(IS_DEFAULT).asText().equals("true"));
  }
}
