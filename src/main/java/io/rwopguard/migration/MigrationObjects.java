package io.rwopguard.migration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.cluster.Preconditions;
import io.rwopguard.cluster.Resources;
import io.rwopguard.inventory.cluster.ClusterPages;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The objects that a move reads and writes. Each write names the version or UID that was read. */
final class MigrationObjects {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String POLICY = "/spec/persistentVolumeReclaimPolicy";

  private final KubernetesClient client;

  MigrationObjects(KubernetesClient client) {
    this.client = client;
  }

  Optional<JsonNode> claim(ClaimKey key) {
    return object(new ObjectKey(Kind.PERSISTENT_VOLUME_CLAIM, key.namespace(), key.name()));
  }

  Optional<JsonNode> volume(String name) {
    return object(new ObjectKey(Kind.PERSISTENT_VOLUME, "", name));
  }

  Optional<JsonNode> object(ObjectKey key) {
    return Optional.ofNullable(resource(key).get()).map(MigrationObjects::tree);
  }

  private static JsonNode tree(GenericKubernetesResource object) {
    return JSON.valueToTree(object);
  }

  private Resource<GenericKubernetesResource> resource(ObjectKey key) {
    var all = client.genericKubernetesResources(Resources.of(key.kind()));
    return key.namespace().isEmpty()
        ? all.withName(key.name())
        : all.inNamespace(key.namespace()).withName(key.name());
  }

  /** All volumes of the cluster. */
  List<JsonNode> volumes() {
    return client
        .genericKubernetesResources(Resources.of(Kind.PERSISTENT_VOLUME))
        .list()
        .getItems()
        .stream()
        .map(MigrationObjects::tree)
        .toList();
  }

  /** All objects of a kind in a namespace. */
  List<JsonNode> all(Kind kind, String namespace) {
    return list(Resources.of(kind), namespace, "");
  }

  /** Those that have these labels. */
  List<JsonNode> claims(String namespace, String selector) {
    return list(Resources.of(Kind.PERSISTENT_VOLUME_CLAIM), namespace, selector);
  }

  List<JsonNode> autoscalers(String namespace) {
    return list(Resources.AUTOSCALERS, namespace, "");
  }

  List<JsonNode> quotas(String namespace) {
    return list(Resources.RESOURCE_QUOTAS, namespace, "");
  }

  /**
   * Lists a kind that not every cluster serves; empty if it does and the caller may not. A typed
   * request would warn of versions such as v1alpha1 on each call.
   */
  Optional<List<JsonNode>> ifServed(ResourceDefinitionContext type, String namespace) {
    try {
      String list =
          client.raw(
              "/apis/%s/%s/namespaces/%s/%s"
                  .formatted(type.getGroup(), type.getVersion(), namespace, type.getPlural()));
      List<JsonNode> items = new ArrayList<>();
      if (list != null) {
        JSON.readTree(list).path("items").forEach(items::add);
      }
      return Optional.of(items);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
        throw e;
      }
      // who may not list a kind is denied it whether it exists or not
      return client.hasApiGroup(type.getGroup(), true) ? Optional.empty() : Optional.of(List.of());
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<JsonNode> list(ResourceDefinitionContext type, String namespace, String selector) {
    var in = client.genericKubernetesResources(type).inNamespace(namespace);
    var items =
        selector.isEmpty()
            ? in.list().getItems()
            : in.withLabelSelector(selector).list().getItems();
    return items.stream().map(MigrationObjects::tree).toList();
  }

  /** All objects of the cluster, page by page. */
  ClusterPages pages() {
    return new ClusterPages(client, Set.of(), ClusterPages.CHUNK);
  }

  /** The names of all CSI drivers that say they are there. */
  Set<String> csiDrivers() {
    return client.genericKubernetesResources(Resources.CSI_DRIVERS).list().getItems().stream()
        .map(driver -> driver.getMetadata().getName())
        .collect(Collectors.toSet());
  }

  /** Whether a volume is attached to some node. */
  boolean isAttached(String volume) {
    return client
        .genericKubernetesResources(Resources.VOLUME_ATTACHMENTS)
        .list()
        .getItems()
        .stream()
        .map(MigrationObjects::tree)
        .anyMatch(
            each ->
                each.path("spec")
                    .path("source")
                    .path("persistentVolumeName")
                    .asText()
                    .equals(volume));
  }

  void remember(JsonNode volume, Optional<MigrationRecord> record) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata");
    metadata.put("resourceVersion", version(volume));
    ObjectNode annotations = metadata.putObject("annotations");
    annotations.put(MigrationRecord.ANNOTATION, record.map(MigrationRecord::toJson).orElse(null));
    resource(key(Kind.PERSISTENT_VOLUME, volume))
        .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
  }

  void policy(JsonNode volume, String policy) {
    ArrayNode patch = Preconditions.patchOf(volume);
    patch.addObject().put("op", "replace").put("path", POLICY).put("value", policy);
    patch(key(Kind.PERSISTENT_VOLUME, volume), patch);
  }

  /** Access modes and claimRef at once: between the two nothing else may bind to it. */
  void release(JsonNode volume, ClaimKey claim, List<String> modes) {
    ArrayNode patch = Preconditions.patchOf(volume);
    ArrayNode written = JSON.createArrayNode();
    modes.forEach(written::add);
    patch.addObject().put("op", "replace").put("path", "/spec/accessModes").set("value", written);
    if (!volume.path("spec").path("claimRef").isObject()) {
      patch
          .addObject()
          .put("op", "add")
          .put("path", "/spec/claimRef")
          .putObject("value")
          .put("apiVersion", "v1")
          .put("kind", Kind.PERSISTENT_VOLUME_CLAIM.kindName())
          .put("namespace", claim.namespace())
          .put("name", claim.name());
    }
    for (String field : List.of("uid", "resourceVersion")) {
      if (volume.path("spec").path("claimRef").has(field)) {
        patch.addObject().put("op", "remove").put("path", "/spec/claimRef/" + field);
      }
    }
    patch(key(Kind.PERSISTENT_VOLUME, volume), patch);
  }

  void scale(ObjectKey workload, JsonNode object, int replicas) {
    ArrayNode patch = Preconditions.patchOf(object);
    patch.addObject().put("op", "replace").put("path", "/spec/replicas").put("value", replicas);
    patch(workload, patch);
  }

  private void patch(ObjectKey key, ArrayNode patch) {
    resource(key).patch(PatchContext.of(PatchType.JSON), patch.toString());
  }

  private static String version(JsonNode object) {
    return object.path("metadata").path("resourceVersion").asText();
  }

  private static ObjectKey key(Kind kind, JsonNode object) {
    return new ObjectKey(
        kind,
        object.path("metadata").path("namespace").asText(""),
        object.path("metadata").path("name").asText());
  }

  void create(Kind kind, JsonNode manifest) {
    GenericKubernetesResource object = JSON.convertValue(manifest, GenericKubernetesResource.class);
    client
        .genericKubernetesResources(Resources.of(kind))
        .inNamespace(manifest.path("metadata").path("namespace").asText())
        .resource(object)
        .create();
  }

  void deleteClaim(ClaimKey claim, String uid) {
    delete(
        "/api/v1/namespaces/%s/persistentvolumeclaims/%s"
            .formatted(claim.namespace(), claim.name()),
        uid,
        "Background");
  }

  void deleteSet(ObjectKey set, String uid) {
    delete(
        "/apis/apps/v1/namespaces/%s/statefulsets/%s".formatted(set.namespace(), set.name()),
        uid,
        "Orphan");
  }

  private void delete(String path, String uid, String propagation) {
    ObjectNode options = Preconditions.deletionOf(uid);
    options.put("propagationPolicy", propagation);
    client.raw(path, "DELETE", options.toString());
  }
}
