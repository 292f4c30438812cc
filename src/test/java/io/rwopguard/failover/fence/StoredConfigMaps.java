package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** ConfigMaps in memory, with UIDs and versions as an API server gives them. */
final class StoredConfigMaps implements LedgerStore {

  final Map<String, ObjectNode> stored = new TreeMap<>();
  private int version;

  /** Runs before the next write, as another writer would. */
  Runnable beforeWrite = () -> {};

  boolean isDown;

  @Override
  public Optional<JsonNode> get(String name) {
    up();
    return Optional.ofNullable(stored.get(name)).map(ObjectNode::deepCopy);
  }

  @Override
  public List<JsonNode> list(String label, String value) {
    up();
    return stored.values().stream()
        .filter(json -> json.at("/metadata/labels").path(label).asText().equals(value))
        .map(json -> (JsonNode) json.deepCopy())
        .toList();
  }

  @Override
  public boolean create(ObjectNode configMap) {
    interrupt();
    String name = configMap.at("/metadata/name").asText();
    if (stored.containsKey(name)) {
      return false;
    }
    put(name, configMap, UUID.randomUUID().toString());
    return true;
  }

  @Override
  public boolean replace(ObjectNode configMap) {
    interrupt();
    String name = configMap.at("/metadata/name").asText();
    if (!isAt(name, configMap.at("/metadata/resourceVersion").asText())) {
      return false;
    }
    put(name, configMap, stored.get(name).at("/metadata/uid").asText());
    return true;
  }

  @Override
  public boolean delete(String name, String uid, String resourceVersion) {
    interrupt();
    if (!isAt(name, resourceVersion)
        || !stored.get(name).at("/metadata/uid").asText().equals(uid)) {
      return false;
    }
    stored.remove(name);
    return true;
  }

  /** Changes a stored object, as another writer would. */
  void touch(String name) {
    put(name, stored.get(name), stored.get(name).at("/metadata/uid").asText());
  }

  private void put(String name, ObjectNode configMap, String uid) {
    ObjectNode copy = configMap.deepCopy();
    version++;
    copy.withObject("/metadata").put("uid", uid).put("resourceVersion", Integer.toString(version));
    stored.put(name, copy);
  }

  private boolean isAt(String name, String resourceVersion) {
    return stored.containsKey(name)
        && stored.get(name).at("/metadata/resourceVersion").asText().equals(resourceVersion);
  }

  private void interrupt() {
    up();
    Runnable now = beforeWrite;
    beforeWrite = () -> {};
    now.run();
  }

  private void up() {
    if (isDown) {
      throw new IllegalStateException("the API server is down");
    }
  }
}
