package io.rwopguard.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.KubeObject;

/**
 * A CSIDriver as a cluster knows it.
 *
 * @param attaches whether its volumes are attached to a node before they are mounted there ({@code
 *     attachRequired}), so that a second node has to wait for the first
 */
public record CsiDriver(String name, boolean attaches) {

  /** Returns the record of an API object. */
  public static CsiDriver of(JsonNode object) {
    KubeObject driver = KubeObject.of(object);
    return new CsiDriver(
        driver.metadata().path("name").asText(),
        driver.spec().path("attachRequired").asBoolean(true));
  }
}
