package io.rwopguard.migration.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Determines which program manages which fields of an object ({@code metadata.managedFields}). This
 * program becomes the manager of what it recreates or scales. The next server-side apply by Helm,
 * Argo CD or Flux would conflict with that. So the migration returns the fields to their former
 * managers.
 */
public final class FieldManagers {

  /** The manager name in the writes of this program. */
  static final String OWN = "rwop-guard";

  /** The managers that write their fields again when they need them. */
  private static final Set<String> CONTROLLERS =
      Set.of("kube-controller-manager", "kube-scheduler");

  private static final String SPEC = "f:spec";
  private static final String REPLICAS = "f:replicas";
  private static final String FIELDS = "fieldsV1";

  private FieldManagers() {}

  private static JsonNode of(JsonNode object) {
    return KubeObject.of(object).managedFields();
  }

  private static boolean isOwn(JsonNode entry) {
    return entry.path("manager").asText().equals(OWN);
  }

  /** Returns the entries that are worth a copy: of people and tools, for the object itself. */
  static ArrayNode worthKeeping(JsonNode object) {
    ArrayNode kept = JsonNodeFactory.instance.arrayNode();
    for (JsonNode entry : of(object)) {
      if (!isOwn(entry)
          && entry.path("subresource").asText("").isEmpty()
          && !CONTROLLERS.contains(entry.path("manager").asText())) {
        kept.add(entry.deepCopy());
      }
    }
    return kept;
  }

  /** Returns the managers of the number of replicas, without their other fields. */
  public static ArrayNode ofReplicas(JsonNode workload) {
    ArrayNode owners = JsonNodeFactory.instance.arrayNode();
    for (JsonNode entry : of(workload)) {
      if (!isOwn(entry) && entry.path(FIELDS).path(SPEC).has(REPLICAS)) {
        ObjectNode owner = entry.deepCopy();
        owner.putObject(FIELDS).putObject(SPEC).putObject(REPLICAS);
        owners.add(owner);
      }
    }
    return owners;
  }

  /** Returns the names of the managers that changed the number of replicas, for a message. */
  public static String namesOfReplicas(JsonNode workload) {
    List<String> names = new ArrayList<>();
    ofReplicas(workload).forEach(owner -> names.add(owner.path("manager").asText()));
    return names.isEmpty() ? "by an unknown client" : "by " + String.join(", ", names);
  }

  /**
   * Returns whether another client, and not this program, scaled a workload to 0. A scale through
   * the {@code scale} subresource, as by kubectl, leaves no manager of the replicas: a Scale omits
   * the 0.
   */
  public static boolean isScaledByAnother(JsonNode workload) {
    for (JsonNode entry : of(workload)) {
      if (isOwn(entry) && entry.path(FIELDS).path(SPEC).has(REPLICAS)) {
        return false;
      }
    }
    // a client has removed the managers of an object that has none
    return !of(workload).isEmpty();
  }

  /** Returns whether this program manages none of an object's fields. */
  public static boolean areReturned(JsonNode object) {
    for (JsonNode entry : of(object)) {
      if (isOwn(entry)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the managers that an object is to have.
   *
   * @param kept the managers in its copy; empty if the object was not recreated
   * @param ofReplicas the former managers of the number of replicas; empty for a claim
   */
  public static ArrayNode returned(JsonNode object, JsonNode kept, JsonNode ofReplicas) {
    ArrayNode managers = JsonNodeFactory.instance.arrayNode();
    kept.forEach(entry -> managers.add(entry.deepCopy()));
    for (JsonNode entry : of(object)) {
      if (!isOwn(entry)) {
        merge(managers, entry);
      }
    }
    ofReplicas.forEach(owner -> merge(managers, owner));
    return managers;
  }

  private static void merge(ArrayNode managers, JsonNode entry) {
    for (JsonNode each : managers) {
      if (isSame(each, entry)) {
        if (each.path(FIELDS) instanceof ObjectNode fields
            && entry.path(FIELDS) instanceof ObjectNode more) {
          union(fields, more);
        }
        return;
      }
    }
    managers.add(entry.deepCopy());
  }

  private static boolean isSame(JsonNode one, JsonNode other) {
    for (String field : new String[] {"manager", "operation", "apiVersion", "subresource"}) {
      if (!one.path(field).asText("").equals(other.path(field).asText(""))) {
        return false;
      }
    }
    return true;
  }

  private static void union(ObjectNode fields, ObjectNode more) {
    more.properties()
        .forEach(
            each -> {
              if (fields.path(each.getKey()) instanceof ObjectNode inner
                  && each.getValue() instanceof ObjectNode added) {
                union(inner, added);
              } else {
                fields.set(each.getKey(), each.getValue().deepCopy());
              }
            });
  }
}
