package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.kube.Resources;
import java.util.List;
import java.util.Optional;

/** Stores the ledger as ConfigMaps in one namespace. */
public final class ApiLedgerStore implements LedgerStore {

  private final FenceApi api;
  private final String namespace;

  /**
   * Creates the store.
   *
   * @param namespace the controller's own namespace
   */
  public ApiLedgerStore(FenceApi api, String namespace) {
    this.api = api;
    this.namespace = namespace;
  }

  @Override
  public Optional<JsonNode> get(String name) {
    return api.get(Resources.CONFIG_MAPS, namespace, name);
  }

  @Override
  public List<JsonNode> list(String label, String value) {
    return api.list(Resources.CONFIG_MAPS, namespace, label, value);
  }

  @Override
  public boolean create(ObjectNode configMap) {
    return api.create(Resources.CONFIG_MAPS, configMap);
  }

  @Override
  public boolean replace(ObjectNode configMap) {
    return api.replace(Resources.CONFIG_MAPS, configMap);
  }

  @Override
  public boolean delete(String name, String uid, String resourceVersion) {
    ObjectNode read = JsonNodeFactory.instance.objectNode();
    read.putObject("metadata")
        .put("namespace", namespace)
        .put("name", name)
        .put("uid", uid)
        .put("resourceVersion", resourceVersion);
    return api.delete(Resources.CONFIG_MAPS, read);
  }
}
