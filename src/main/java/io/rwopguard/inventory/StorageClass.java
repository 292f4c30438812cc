package io.rwopguard.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.KubeObject;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A StorageClass as a cluster knows it.
 *
 * @param provisioner the provisioner of its volumes: a CSI driver's name, or {@code
 *     kubernetes.io/...}
 * @param isDefault whether claims that name no class may get this one
 * @param created the creation time, as the API server writes it; empty for a class in a manifest
 */
public record StorageClass(String name, String provisioner, boolean isDefault, String created) {

  /** The annotation that marks the default class. */
  private static final String IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";

  /** The older name of that annotation, which Kubernetes still accepts. */
  private static final String IS_DEFAULT_BETA = "storageclass.beta.kubernetes.io/is-default-class";

  /**
   * The order in which Kubernetes chooses a default class: the newest first, then by name
   * (k8s.io/kubernetes pkg/volume/util GetDefaultClass).
   */
  private static final Comparator<StorageClass> NEWEST =
      Comparator.comparing(StorageClass::created).reversed().thenComparing(StorageClass::name);

  /** Returns the record of an API object. */
  public static StorageClass of(JsonNode object) {
    JsonNode metadata = KubeObject.of(object).metadata();
    JsonNode annotations = metadata.path("annotations");
    return new StorageClass(
        metadata.path("name").asText(),
        object.path("provisioner").asText(),
        annotations.path(IS_DEFAULT).asText().equals("true")
            || annotations.path(IS_DEFAULT_BETA).asText().equals("true"),
        metadata.path("creationTimestamp").asText(""));
  }

  /** Returns the class among these of a claim that names none. */
  public static Optional<StorageClass> defaultOf(Stream<StorageClass> all) {
    return all.filter(StorageClass::isDefault).min(NEWEST);
  }
}
