package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.kube.Hashes;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.model.KubeObject;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Reads and writes the NetworkFence objects of one fence, one for each boot of a node.
 *
 * @param settings the settings of the fence
 */
record NetworkFences(NetworkFenceProvider.Settings settings, FenceApi api) {

  static final String GROUP = "csiaddons.openshift.io";

  static final ResourceDefinitionContext FENCES = type("NetworkFence", "networkfences", false);

  static final ResourceDefinitionContext CSI_ADDONS_NODES =
      type("CSIAddonsNode", "csiaddonsnodes", true);

  static final String FENCED = "Fenced";
  static final String UNFENCED = "Unfenced";
  private static final int LONGEST_NAME = 253;

  private static ResourceDefinitionContext type(String kind, String plural, boolean namespaced) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(GROUP)
        .withVersion("v1alpha1")
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(namespaced)
        .build();
  }

  /**
   * Returns the object with the name for this boot of the node, even if another client created it.
   */
  Optional<JsonNode> find(FenceTarget target) {
    return api.get(FENCES, "", nameOf(target));
  }

  /** Returns the objects of all boots of a node that this fence created. */
  List<JsonNode> of(String node) {
    return api.list(FENCES, "", OwnLabels.RECORD, FenceObject.valueOf(settings.name())).stream()
        .filter(object -> isOurs(object, node))
        .toList();
  }

  boolean isOurs(JsonNode object, String node) {
    return FenceObject.isOurs(object, settings.name(), node);
  }

  /** Creates the object for this boot of the node. */
  void create(FenceTarget target, String state, Set<NodeAddress> addresses) {
    ObjectNode object = FenceObject.create(FENCES, "", nameOf(target), settings.name(), target);
    ObjectNode spec = object.putObject("spec").put("fenceState", state);
    ArrayNode blocks = spec.putArray("cidrs");
    cidrs(addresses).forEach(blocks::add);
    if (settings.networkFenceClass().isPresent()) {
      spec.put("networkFenceClassName", settings.networkFenceClass().get());
    } else {
      spec.put("driver", settings.driver());
      spec.putObject("secret")
          .put("name", settings.secretName().orElse(""))
          .put("namespace", settings.secretNamespace().orElse(""));
    }
    api.create(FENCES, object);
  }

  /**
   * Returns why an object that succeeded does not keep the node from the storage; empty if it does.
   * An earlier version may have guessed its addresses. The node may have another address since.
   * Another client may have changed the blocks after the result.
   *
   * <p>The object is not replaced automatically. The csi-addons controller removes no block when an
   * object is deleted, so that nothing would ever remove the blocks of the earlier addresses. An
   * un-fence before the deletion would free a node that another failover relies on.
   */
  Optional<String> whyNotBlocked(FenceTarget target, JsonNode object, Set<NodeAddress> needed) {
    Set<String> blocked = new TreeSet<>();
    KubeObject.of(object).spec().path("cidrs").forEach(cidr -> blocked.add(cidr.asText()));
    Set<String> missing = cidrs(needed);
    missing.removeAll(blocked);
    if (!missing.isEmpty()) {
      return Optional.of(
          "NetworkFence %s does not block %s, so node %s may still write under that address. Delete the NetworkFence; the controller then creates it with all known addresses. Its earlier blocks (%s) stay at the storage until you remove them there"
              .formatted(
                  nameOf(target),
                  String.join(", ", missing),
                  target.node(),
                  String.join(", ", blocked)));
    }
    return isAsCreated(object)
        ? Optional.empty()
        : Optional.of(
            "NetworkFence %s was changed by another client, so its result may be for other blocks. Delete the NetworkFence; the controller then creates it again"
                .formatted(nameOf(target)));
  }

  /** Asks the csi-addons controller to un-fence the blocks of an object. */
  void unfence(JsonNode object) {
    ObjectNode changed = object.deepCopy();
    ((ObjectNode) KubeObject.of(changed).spec()).put("fenceState", UNFENCED);
    api.replace(FENCES, changed);
  }

  /** Deletes the object that was read; returns false if it is no longer that version. */
  boolean delete(JsonNode object) {
    return api.delete(FENCES, object);
  }

  static boolean fences(JsonNode object) {
    return KubeObject.of(object).spec().path("fenceState").asText().equals(FENCED);
  }

  /** Returns whether the spec is the one that the object was created with. */
  static boolean isAsCreated(JsonNode object) {
    return KubeObject.of(object).generation() == 1;
  }

  private static Set<String> cidrs(Set<NodeAddress> addresses) {
    return addresses.stream().map(NodeAddress::cidr).collect(Collectors.toCollection(TreeSet::new));
  }

  static String boot(FenceTarget target) {
    return target.node() + "\n" + target.bootId();
  }

  String nameOf(FenceTarget target) {
    String hash = Hashes.sha256(boot(target) + "\n" + settings.driver());
    String name = "rwop-guard-" + hash.substring(0, 20);
    String readable = name + "-" + target.node();
    return readable.length() <= LONGEST_NAME ? readable : name;
  }
}
