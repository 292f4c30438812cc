package io.rwopguard.failover.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.kube.OwnLabels;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One ConfigMap of the ledger of fencing tokens, as it was read.
 *
 * @param object the ConfigMap; empty if there is none yet
 * @param entries by the key of the storage
 * @param unreadable the keys whose values are no entries
 * @param floor the smallest token of a storage that has no entry: greater than any token of the
 *     entries that were removed
 * @param labeled whether its label marks it as a shard; nothing is read from one without it
 * @param schemaIsKnown false if another version wrote it, so that this one must not
 */
record TokenShard(
    String name,
    Optional<JsonNode> object,
    Map<String, TokenEntry> entries,
    Set<String> unreadable,
    long floor,
    boolean labeled,
    boolean schemaIsKnown) {

  /** The size above which no entry is added; the API server's limit is 1 MiB. */
  static final int FULL = 900_000;

  /** The size above which no entry grows. */
  static final int LARGEST = 1_000_000;

  /** The label's value. A policy of the chart lets only the controller write such ConfigMaps. */
  private static final String LABEL = "tokens";

  static final String SCHEMA = "schema";
  static final String VERSION = "1";
  private static final String FLOOR = "floor";
  private static final JsonMapper JSON = new JsonMapper();

  TokenShard {
    entries = Map.copyOf(entries);
    unreadable = Set.copyOf(unreadable);
  }

  static TokenShard read(String name, Optional<JsonNode> object) {
    Map<String, TokenEntry> entries = new HashMap<>();
    Set<String> unreadable = new HashSet<>();
    JsonNode data = object.map(json -> json.path("data")).orElseGet(JSON::createObjectNode);
    boolean labeled = object.map(json -> OwnLabels.has(json, LABEL)).orElse(true);
    boolean known = labeled && (data.isEmpty() || VERSION.equals(data.path(SCHEMA).asText()));
    for (Map.Entry<String, JsonNode> each : data.properties()) {
      if (known && !each.getKey().equals(SCHEMA) && !each.getKey().equals(FLOOR)) {
        Optional<TokenEntry> entry = TokenEntry.parse(each.getValue().asText());
        entry.ifPresent(read -> entries.put(each.getKey(), read));
        if (entry.isEmpty()) {
          unreadable.add(each.getKey());
        }
      }
    }
    return new TokenShard(
        name, object, entries, unreadable, data.path(FLOOR).asLong(0), labeled, known);
  }

  /** Returns the size of the entries, which counts no less than the API server does. */
  int size() {
    int size = 0;
    for (Map.Entry<String, TokenEntry> each : entries.entrySet()) {
      size += sizeOf(each.getKey(), each.getValue());
    }
    return size;
  }

  static int sizeOf(String key, TokenEntry entry) {
    return key.length() + entry.toJson().getBytes(StandardCharsets.UTF_8).length;
  }

  /** Returns the ConfigMap to write, with these entries added or removed. */
  ObjectNode changed(
      String namespace, Map<String, TokenEntry> put, Set<String> removed, long newFloor) {
    ObjectNode json =
        object
            .map(read -> (ObjectNode) read.deepCopy())
            .orElseGet(JSON::createObjectNode)
            .put("apiVersion", "v1")
            .put("kind", "ConfigMap");
    ObjectNode metadata = json.withObject("/metadata").put("name", name);
    metadata.put("namespace", namespace);
    OwnLabels.putRecord(metadata, LABEL);
    ObjectNode data = json.withObject("/data").put(SCHEMA, VERSION);
    data.put(FLOOR, Long.toString(newFloor));
    put.forEach((key, entry) -> data.put(key, entry.toJson()));
    data.remove(removed);
    return json;
  }
}
