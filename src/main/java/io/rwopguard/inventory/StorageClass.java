package io.rwopguard.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A StorageClass as a cluster knows it.
 *
 * @param provisioner what makes its volumes: a CSI driver's name, or {@code kubernetes.io/...}
 * @param isDefault whether claims that name no class may get this one
 * @param created when, as the API server writes it; empty for one that is only written
 */
public record StorageClass(String name, String provisioner, boolean isDefault, String created) {

  /** The annotation that makes one the default. */
  private static final String IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";

  /** Its first name, which Kubernetes still takes. */
  private static final String IS_DEFAULT_BETA = "storageclass.beta.kubernetes.io/is-default-class";

  /**
   * The class that Kubernetes takes comes first: the newest, of two the first by name
   * (k8s.io/kubernetes pkg/volume/util GetDefaultClass).
   */
  private static final Comparator<StorageClass> NEWEST =
      Comparator.comparing(StorageClass::created).reversed().thenComparing(StorageClass::name);

  /** What an object of the API says. */
  public static StorageClass of(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    JsonNode annotations = metadata.path("annotations");
    return new StorageClass(
        metadata.path("name").asText(),
        object.path("provisioner").asText(),
        annotations.path(IS_DEFAULT).asText().equals("true")
            || annotations.path(IS_DEFAULT_BETA).asText().equals("true"),
        metadata.path("creationTimestamp").asText(""));
  }

  /** Returns the one among these that a claim gets which names none. */
  public static Optional<StorageClass> defaultOf(Stream<StorageClass> all) {
    return all.filter(StorageClass::isDefault).min(NEWEST);
  }
}
