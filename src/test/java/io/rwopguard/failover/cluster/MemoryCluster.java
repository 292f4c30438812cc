package io.rwopguard.failover.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Keeps objects in memory, with the UIDs and resource versions of an API server. */
public final class MemoryCluster implements ClusterApi {

  /** Hears of each write that was accepted. */
  public interface Listener {
    void written(ResourceDefinitionContext type, JsonNode object);

    /** Hears of an object that was deleted. */
    default void deleted(ResourceDefinitionContext type, JsonNode object) {}
  }

  private final Map<String, ObjectNode> objects = new TreeMap<>();
  private final List<Listener> listeners = new ArrayList<>();
  private int version;
  private int writes;

  /** Reads an object that is written with single quotes. */
  public static ObjectNode tree(String json) {
    try {
      return (ObjectNode) new JsonMapper().readTree(json.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  public void listen(Listener listener) {
    listeners.add(listener);
  }

  /** Number of accepted writes. */
  public int writes() {
    return writes;
  }

  private static String path(ResourceDefinitionContext type, String namespace, String name) {
    return type.getPlural() + "/" + namespace + "/" + name;
  }

  private static String path(ResourceDefinitionContext type, String namespace, JsonNode object) {
    return path(type, namespace, object.path("metadata").path("name").asText());
  }

  @Override
  public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
    return Optional.ofNullable(objects.get(path(type, namespace, name))).map(JsonNode::deepCopy);
  }

  @Override
  public List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, String labels, String fields) {
    String prefix = type.getPlural() + "/" + (namespace.isEmpty() ? "" : namespace + "/");
    return objects.entrySet().stream()
        .filter(each -> each.getKey().startsWith(prefix))
        .filter(each -> isSelected(each.getValue(), labels, fields))
        .map(each -> (JsonNode) each.getValue().deepCopy())
        .toList();
  }

  /** Understands selectors of equality, with dots between the names of a field. */
  private static boolean isSelected(JsonNode object, String labels, String fields) {
    for (String each : labels.isEmpty() ? new String[0] : labels.split(",")) {
      String[] label = each.split("=", 2);
      if (!object.path("metadata").path("labels").path(label[0]).asText().equals(label[1])) {
        return false;
      }
    }
    String[] field = fields.split("=", 2);
    return fields.isEmpty()
        || object.at("/" + field[0].replace('.', '/')).asText().equals(field[1]);
  }

  @Override
  public JsonNode create(ResourceDefinitionContext type, String namespace, JsonNode object) {
    String path = path(type, namespace, object);
    if (objects.containsKey(path)) {
      throw new KubernetesClientException("already exists", 409, null);
    }
    ObjectNode stored = object.deepCopy();
    stored.withObject("/metadata").put("uid", "uid-" + ++version);
    return store(type, path, stored);
  }

  @Override
  public JsonNode replace(ResourceDefinitionContext type, String namespace, JsonNode object) {
    String path = path(type, namespace, object);
    ObjectNode before = objects.get(path);
    if (before == null) {
      throw new KubernetesClientException("not found", 404, null);
    }
    JsonNode metadata = object.path("metadata");
    for (String field : List.of("uid", "resourceVersion")) {
      if (!metadata.path(field).equals(before.path("metadata").path(field))) {
        throw new KubernetesClientException("conflict", 409, null);
      }
    }
    return before.equals(object) ? before.deepCopy() : store(type, path, object.deepCopy());
  }

  /** Replaces an object whatever its version is, as other people do. */
  public JsonNode force(ResourceDefinitionContext type, String namespace, ObjectNode object) {
    ObjectNode before = objects.get(path(type, namespace, object));
    if (before == null) {
      return create(type, namespace, object);
    }
    object.withObject("/metadata").set("uid", before.path("metadata").path("uid"));
    return store(type, path(type, namespace, object), object.deepCopy());
  }

  private JsonNode store(ResourceDefinitionContext type, String path, ObjectNode object) {
    object.withObject("/metadata").put("resourceVersion", Integer.toString(++version));
    objects.put(path, object);
    writes++;
    listeners.forEach(each -> each.written(type, object));
    return object.deepCopy();
  }

  @Override
  public JsonNode patch(
      ResourceDefinitionContext type,
      String namespace,
      String name,
      String subresource,
      PatchKind kind,
      JsonNode patch) {
    ObjectNode object = objects.get(path(type, namespace, name));
    if (object == null) {
      throw new KubernetesClientException("not found", 404, null);
    }
    if (kind == PatchKind.MERGE) {
      for (String field : List.of("uid", "resourceVersion")) {
        if (!object.path("metadata").path(field).equals(patch.path("metadata").path(field))) {
          throw new KubernetesClientException("conflict", 409, null);
        }
      }
      return store(type, path(type, namespace, name), merge(object.deepCopy(), patch));
    }
    try {
      ObjectNode changed = (ObjectNode) JsonPatch.apply(patch, object);
      return store(type, path(type, namespace, name), changed);
    } catch (JsonPatchException e) {
      throw new KubernetesClientException(e.getMessage(), 422, null);
    }
  }

  /** RFC 7396. */
  private static ObjectNode merge(ObjectNode target, JsonNode patch) {
    patch
        .properties()
        .forEach(
            field -> {
              if (field.getValue().isNull()) {
                target.remove(field.getKey());
              } else if (field.getValue().isObject()) {
                merge(target.withObjectProperty(field.getKey()), field.getValue());
              } else {
                target.set(field.getKey(), field.getValue());
              }
            });
    return target;
  }

  @Override
  public void delete(
      ResourceDefinitionContext type, String namespace, String name, JsonNode options) {
    String path = path(type, namespace, name);
    ObjectNode object = objects.get(path);
    JsonNode preconditions =
        options == null ? MissingNode.getInstance() : options.path("preconditions");
    if (object == null && preconditions.isMissingNode()) {
      // a test only makes sure that it does not exist
      return;
    }
    if (object == null) {
      throw new KubernetesClientException("not found", 404, null);
    }
    for (String field : List.of("uid", "resourceVersion")) {
      if (preconditions.has(field)
          && !preconditions.path(field).equals(object.path("metadata").path(field))) {
        throw new KubernetesClientException("conflict", 409, null);
      }
    }
    objects.remove(path);
    listeners.forEach(each -> each.deleted(type, object));
  }
}
