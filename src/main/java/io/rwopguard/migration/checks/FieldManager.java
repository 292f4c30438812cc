package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A program that has written an object, from its entry in {@code managedFields}.
 *
 * @param fields the fields that it wrote, as one object that names them
 */
record FieldManager(String name, JsonNode fields) {

  /** The names of programs that do not identify themselves. */
  private static final Set<String> NAMELESS = Set.of("", "unknown", "Go-http-client");

  /** Returns the programs that wrote the object itself, not a subresource such as its status. */
  static List<FieldManager> of(JsonNode object) {
    List<FieldManager> managers = new ArrayList<>();
    for (JsonNode entry : KubeObject.of(object).managedFields()) {
      if (entry.path("subresource").asText("").isEmpty()) {
        managers.add(new FieldManager(entry.path("manager").asText(""), entry.path("fieldsV1")));
      }
    }
    return managers;
  }

  /** Returns whether a program that identifies itself set a label. */
  boolean wroteLabel(String label) {
    return !NAMELESS.contains(name) && fields.path("f:metadata").path("f:labels").has("f:" + label);
  }
}
