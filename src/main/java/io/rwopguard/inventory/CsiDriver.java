package io.rwopguard.inventory;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A CSIDriver as a cluster knows it.
 *
 * @param attaches whether its volumes are attached to a node before they are mounted there ({@code
 *     attachRequired}), so that a second node has to wait for the first
 */
public record CsiDriver(String name, boolean attaches) {

  /** Returns the record of an API object. */
  public static CsiDriver of(JsonNode object) {
    return new CsiDriver(
        object.path("metadata").path("name").asText(),
        object.path("spec").path("attachRequired").asBoolean(true));
  }
}
