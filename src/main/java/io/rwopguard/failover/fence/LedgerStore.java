package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * Reads and writes the ConfigMaps of the fence ledger. A write names the version that was read, and
 * returns false if the object is no longer that version.
 */
public interface LedgerStore {

  /** Returns the ConfigMap with this name as it is now. */
  Optional<JsonNode> get(String name);

  /** Returns all ConfigMaps with this label. */
  List<JsonNode> list(String label, String value);

  /** Creates a ConfigMap; returns false if one with this name exists. */
  boolean create(ObjectNode configMap);

  /** Replaces a ConfigMap; its {@code metadata.resourceVersion} is the version that was read. */
  boolean replace(ObjectNode configMap);

  /** Deletes a ConfigMap if it still has this UID and this version. */
  boolean delete(String name, String uid, String resourceVersion);
}
