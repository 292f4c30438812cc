package io.rwopguard.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Keeps the objects, by the API server's rules for resource versions, UIDs, preconditions, patches,
 * finalizers and the grace period of Pods. Stored objects are never changed, only replaced.
 */
final class SimulatedApiServer {

  static final String PODS = "pods";
  static final String NODES = "nodes";
  static final String LEASES = "leases";
  static final String CLAIMS = "persistentvolumeclaims";
  static final String VOLUMES = "persistentvolumes";
  static final String ATTACHMENTS = "volumeattachments";
  static final String SETS = "statefulsets";
  static final String REPLICA_SETS = "replicasets";
  static final String NAMESPACES = "namespaces";
  static final String CONFIG_MAPS = "configmaps";
  static final String DRIVERS = "csidrivers";

  static final int NOT_FOUND = 404;
  static final int CONFLICT = 409;
  static final int UNPROCESSABLE = 422;
  private static final int BAD_REQUEST = 400;

  /** The format that the API server demands of acquireTime and renewTime. */
  private static final Pattern MICRO_TIME = Pattern.compile(".*\\.\\d{6}(Z|[+-]\\d\\d:\\d\\d)");

  /** Hears of each change. */
  interface Listener {

    /** An object was created, replaced or, if it is null, removed. */
    void changed(String type, String key, JsonNode before, JsonNode after);
  }

  private final Map<String, Map<String, ObjectNode>> objects = new HashMap<>();
  private final List<Listener> listeners = new ArrayList<>();
  private final VirtualTime time;
  private long version = 1000;
  private long uids;

  SimulatedApiServer(VirtualTime time) {
    this.time = time;
  }

  void listen(Listener listener) {
    listeners.add(listener);
  }

  static KubernetesClientException refusal(int code, String message) {
    return new KubernetesClientException(message, code, null);
  }

  private Map<String, ObjectNode> of(String type) {
    return objects.computeIfAbsent(type, name -> new LinkedHashMap<>());
  }

  /** Returns the object, or null. */
  ObjectNode get(String type, String key) {
    return of(type).get(key);
  }

  Collection<ObjectNode> list(String type) {
    return List.copyOf(of(type).values());
  }

  private ObjectNode existing(String type, String key) {
    ObjectNode object = get(type, key);
    if (object == null) {
      throw refusal(NOT_FOUND, type + " \"" + key + "\" not found");
    }
    return object;
  }

  private void store(String type, String key, ObjectNode before, ObjectNode after) {
    if (after == null) {
      of(type).remove(key);
    } else {
      after.withObjectProperty("metadata").put("resourceVersion", Long.toString(++version));
      of(type).put(key, after);
    }
    for (Listener listener : listeners) {
      listener.changed(type, key, before, after);
    }
  }

  ObjectNode create(String type, JsonNode object) {
    String key = Json.key(object);
    if (get(type, key) != null) {
      throw refusal(CONFLICT, type + " \"" + key + "\" already exists");
    }
    validate(type, object);
    ObjectNode created = object.deepCopy();
    created.withObjectProperty("metadata").put("uid", "u" + ++uids);
    store(type, key, null, created);
    return created;
  }

  private static void validate(String type, JsonNode object) {
    if (type.equals(LEASES)) {
      for (String field : List.of("acquireTime", "renewTime")) {
        JsonNode written = object.path("spec").path(field);
        if (written.isTextual() && !MICRO_TIME.matcher(written.asText()).matches()) {
          throw refusal(BAD_REQUEST, "cannot parse " + field + " " + written);
        }
      }
    }
  }

  /** Changes an object as its own controller would: it reads, writes and repeats on a conflict. */
  void edit(String type, String key, Consumer<ObjectNode> change) {
    ObjectNode before = get(type, key);
    if (before != null) {
      ObjectNode after = before.deepCopy();
      change.accept(after);
      replaced(type, key, before, after);
    }
  }

  private ObjectNode replaced(String type, String key, ObjectNode before, ObjectNode after) {
    if (after.equals(before)) {
      return before;
    }
    boolean gone =
        Json.isBeingDeleted(after) && after.path("metadata").path("finalizers").isEmpty();
    boolean graceful =
        type.equals(PODS) && after.path("metadata").path("deletionGracePeriodSeconds").asInt() > 0;
    store(type, key, before, gone && !graceful ? null : after);
    return after;
  }

  ObjectNode patch(String type, String key, String subresource, boolean json, JsonNode patch) {
    ObjectNode before = existing(type, key);
    ObjectNode after;
    if (json) {
      try {
        after = (ObjectNode) JsonPatch.apply(patch, before);
      } catch (JsonPatchException | IllegalArgumentException e) {
        throw refusal(UNPROCESSABLE, String.valueOf(e.getMessage()));
      }
    } else {
      after = before.deepCopy();
      Json.merge(after, patch);
      check(patch.path("metadata"), before);
    }
    keep(before, after, subresource.equals("status") ? "spec" : "status");
    validate(type, after);
    keep((ObjectNode) before.path("metadata"), (ObjectNode) after.path("metadata"), "uid");
    return replaced(type, key, before, after);
  }

  private static void keep(ObjectNode before, ObjectNode after, String field) {
    if (before.has(field)) {
      after.set(field, before.get(field));
    } else {
      after.remove(field);
    }
  }

  private static void check(JsonNode named, JsonNode object) {
    for (String field : List.of("uid", "resourceVersion")) {
      JsonNode value = named.path(field);
      if (value.isTextual()
          && !value.asText().isEmpty()
          && !value.asText().equals(object.path("metadata").path(field).asText())) {
        throw refusal(CONFLICT, field + " is another one by now");
      }
    }
  }

  ObjectNode replace(String type, JsonNode object) {
    ObjectNode before = existing(type, Json.key(object));
    check(object.path("metadata"), before);
    validate(type, object);
    ObjectNode after = object.deepCopy();
    keep(before, after, "status");
    return replaced(type, Json.key(object), before, after);
  }

  void delete(String type, String key, JsonNode options) {
    ObjectNode before = existing(type, key);
    check(options.path("preconditions"), before);
    JsonNode metadata = before.path("metadata");
    long grace = type.equals(PODS) ? grace(before, options) : 0;
    if (grace == 0 && metadata.path("finalizers").isEmpty()) {
      store(type, key, before, null);
      return;
    }
    boolean shorter =
        !Json.isBeingDeleted(before)
            || metadata.path("deletionGracePeriodSeconds").asLong() > grace;
    if (shorter) {
      ObjectNode after = before.deepCopy();
      after
          .withObjectProperty("metadata")
          .put("deletionTimestamp", Instant.EPOCH.plusNanos(time.now()).toString())
          .put("deletionGracePeriodSeconds", grace);
      store(type, key, before, after);
    }
  }

  private static long grace(JsonNode pod, JsonNode options) {
    if (pod.path("spec").path("nodeName").asText("").isEmpty()) {
      return 0;
    }
    JsonNode asked = options.path("gracePeriodSeconds");
    return asked.isNumber()
        ? asked.asLong()
        : pod.path("spec").path("terminationGracePeriodSeconds").asLong(30);
  }

  /** Returns DeleteOptions with this grace period, or the object's own if it is negative. */
  static ObjectNode options(long grace) {
    ObjectNode options = Json.object();
    return grace < 0 ? options : options.put("gracePeriodSeconds", grace);
  }
}
