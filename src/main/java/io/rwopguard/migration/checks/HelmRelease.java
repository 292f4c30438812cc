package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.KubeObject;
import java.util.Optional;

/**
 * The Helm release that an object belongs to.
 *
 * @param name the name; empty if Helm before 3.2 installed it, which did not record the name
 */
record HelmRelease(String namespace, String name) {

  private static final String RELEASE = "meta.helm.sh/release-name";
  private static final String NAMESPACE = "meta.helm.sh/release-namespace";

  /** Returns whether Helm is the manager. Helm before 3.7 did not identify itself. */
  private static boolean wrote(FieldManager manager) {
    return manager.name().equals("helm") || manager.name().equals("Go-http-client");
  }

  /** Returns the release of an object; empty if another tool applied the rendered chart. */
  static Optional<HelmRelease> of(JsonNode object) {
    JsonNode metadata = KubeObject.of(object).metadata();
    JsonNode annotations = metadata.path("annotations");
    boolean labelled =
        metadata.path("labels").path(OperatorOwners.MANAGED_BY).asText().equals("Helm");
    boolean byHelm =
        annotations.has(RELEASE)
            || (labelled && FieldManager.of(object).stream().anyMatch(HelmRelease::wrote));
    return byHelm
        ? Optional.of(
            new HelmRelease(
                annotations.path(NAMESPACE).asText(metadata.path("namespace").asText()),
                annotations.path(RELEASE).asText("")))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return name.isEmpty() ? "a Helm release" : "Helm release %s/%s".formatted(namespace, name);
  }
}
