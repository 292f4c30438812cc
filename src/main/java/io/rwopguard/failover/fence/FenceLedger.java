package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.kube.Hashes;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.model.KubeObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stores what fences were asked for, in one ConfigMap for each node in the controller's own
 * namespace. From it, a restarted or a new leader knows what to un-fence.
 */
public final class FenceLedger {

  /** The value of the label {@link OwnLabels#RECORD} on a node's record. */
  public static final String RECORD = "fence";

  private static final String PREFIX = "rwop-guard-fence-";
  private static final int LONGEST_NAME = 253;

  private record Parsed(String text, List<LedgerEntry> entries) {}

  private final LedgerStore store;
  private final String namespace;

  /** The entries last read from each ConfigMap, which is read many times before it changes. */
  private final Map<String, Parsed> parsed = new ConcurrentHashMap<>();

  /**
   * Creates the ledger.
   *
   * @param namespace the controller's own namespace
   */
  public FenceLedger(LedgerStore store, String namespace) {
    this.store = store;
    this.namespace = namespace;
  }

  /** Returns the record of a node as it is now; a record without entries if there is none. */
  LedgerRecord read(String node) {
    String name = nameOf(node);
    return store
        .get(name)
        .map(json -> record(json, Optional.of(node)))
        .orElseGet(
            () -> {
              parsed.remove(name);
              return new LedgerRecord(name, node, List.of(), "", "", "");
            });
  }

  /** Returns the records of all nodes, including those that must be left alone. */
  List<LedgerRecord> list() {
    return store.list(OwnLabels.RECORD, RECORD).stream()
        .map(json -> record(json, Optional.empty()))
        .toList();
  }

  /** Returns messages about the nodes with open fences, if no controller un-fences them. */
  public List<String> leftFences() {
    return list().stream()
        .filter(
            record ->
                !record.problem().isEmpty()
                    || record.entries().stream().anyMatch(LedgerEntry::isOpen))
        .map(
            record ->
                record.problem().isEmpty()
                    ? "node %s is still fenced (ConfigMap %s/%s)"
                        .formatted(record.node(), namespace, record.name())
                    : record.problem())
        .sorted()
        .toList();
  }

  /** Writes a record; returns false if the ConfigMap is no longer the version that was read. */
  boolean write(LedgerRecord record) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("apiVersion", "v1").put("kind", "ConfigMap");
    ObjectNode metadata = json.putObject("metadata");
    metadata.put("name", record.name()).put("namespace", namespace);
    OwnLabels.putRecord(metadata, RECORD);
    json.putObject("data")
        .put("node", record.node())
        .put("schema", Integer.toString(LedgerFormat.SCHEMA))
        .put("entries", LedgerFormat.write(record.entries()));
    if (record.isNew()) {
      return store.create(json);
    }
    metadata.put("uid", record.uid()).put("resourceVersion", record.resourceVersion());
    return store.replace(json);
  }

  /** Deletes a record; returns false if the ConfigMap is no longer the version that was read. */
  boolean delete(LedgerRecord record) {
    return record.isNew() || store.delete(record.name(), record.uid(), record.resourceVersion());
  }

  private LedgerRecord record(JsonNode json, Optional<String> expected) {
    JsonNode metadata = KubeObject.of(json).metadata();
    String name = metadata.path("name").asText();
    String node = json.path("data").path("node").asText();
    List<LedgerEntry> entries = List.of();
    String problem = problem(json, json.path("data"), name, expected);
    if (problem.isEmpty()) {
      try {
        entries = entries(name, json.path("data").path("entries").asText());
      } catch (IllegalArgumentException e) {
        problem =
            "ConfigMap %s/%s cannot be read: %s. Un-fence the node yourself, then delete the ConfigMap"
                .formatted(namespace, name, e.getMessage());
      }
    }
    return new LedgerRecord(
        name,
        expected.orElse(node),
        entries,
        problem,
        metadata.path("uid").asText(),
        metadata.path("resourceVersion").asText());
  }

  /** Reads the entries of a ConfigMap, unless the text is the same as last time. */
  private List<LedgerEntry> entries(String name, String text) {
    Parsed last = parsed.get(name);
    if (last != null && last.text().equals(text)) {
      return last.entries();
    }
    List<LedgerEntry> entries = List.copyOf(LedgerFormat.read(text));
    parsed.put(name, new Parsed(text, entries));
    return entries;
  }

  private String problem(JsonNode json, JsonNode data, String name, Optional<String> expected) {
    if (!OwnLabels.has(json, RECORD)) {
      return "ConfigMap %s/%s is not labeled as a fence record of rwop-guard. Rename or delete it"
          .formatted(namespace, name);
    }
    if (!data.path("schema").asText().equals(Integer.toString(LedgerFormat.SCHEMA))) {
      return "ConfigMap %s/%s has schema %s, but this version of rwop-guard reads schema %d. Run the version that wrote it"
          .formatted(namespace, name, data.path("schema").asText(), LedgerFormat.SCHEMA);
    }
    String node = data.path("node").asText();
    if (!name.equals(nameOf(node)) || !node.equals(expected.orElse(node))) {
      return "ConfigMap %s/%s has a name that does not match its node. Un-fence node %s yourself, then delete the ConfigMap"
          .formatted(namespace, name, node);
    }
    return "";
  }

  /** Returns the name of the ConfigMap of a node. */
  static String nameOf(String node) {
    String name = PREFIX + node;
    return name.length() <= LONGEST_NAME ? name : PREFIX + Hashes.sha256(node);
  }
}
