package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.inventory.cluster.ClusterPages;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.Sidecar;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Finds the CSI sidecars in a cluster that are too old for ReadWriteOncePod and may belong to a
 * driver. No field says which driver a Pod belongs to. A Pod that names another driver, in an
 * argument or a path, belongs to that driver.
 */
final class OldSidecars {

  private final ClusterPages pages;
  private final Set<String> drivers;

  /**
   * Creates a search among all Pods.
   *
   * @param drivers the names of all CSI drivers in the cluster
   */
  OldSidecars(ClusterPages pages, Set<String> drivers) {
    this.pages = pages;
    this.drivers = Set.copyOf(drivers);
  }

  /** Returns the sidecars that may belong to a driver, in words; none if Pods may not be listed. */
  List<String> of(String driver) {
    List<String> found = new ArrayList<>();
    try {
      pages.forEach(Kind.POD, pod -> look(pod, driver, found));
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
        throw e;
      }
    }
    return found;
  }

  private void look(JsonNode pod, String driver, List<String> found) {
    for (JsonNode container : KubeObject.of(pod).spec().path("containers")) {
      Sidecar.Image image = Sidecar.Image.of(container.path("image").asText()).orElse(null);
      if (image != null && image.isTooOld().orElse(false) && mayBelongTo(pod, driver)) {
        found.add(
            "Pod %s/%s runs %s %s, but ReadWriteOncePod needs %s or later"
                .formatted(
                    KubeObject.of(pod).namespace(),
                    KubeObject.of(pod).name(),
                    image.sidecar(),
                    image.tag(),
                    image.sidecar().first()));
      }
    }
  }

  private boolean mayBelongTo(JsonNode pod, String driver) {
    String text = KubeObject.of(pod).spec().toString();
    return text.contains(driver) || drivers.stream().noneMatch(text::contains);
  }
}
