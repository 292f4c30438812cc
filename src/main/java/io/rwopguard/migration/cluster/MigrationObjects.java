package io.rwopguard.migration.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.VersionInfo;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.inventory.cluster.ClusterPages;
import io.rwopguard.kube.Resources;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the objects of a migration. */
public final class MigrationObjects {

  private static final JsonMapper JSON = new JsonMapper();

  private final KubernetesClient client;

  /** Creates the reader of a cluster. */
  public MigrationObjects(KubernetesClient client) {
    this.client = client;
  }

  /** Returns the writer of objects of the same cluster. */
  public MigrationWrites writes() {
    return new MigrationWrites(client);
  }

  /** Returns a claim; empty if it does not exist. */
  public Optional<JsonNode> claim(ClaimKey key) {
    return object(new ObjectKey(Kind.PERSISTENT_VOLUME_CLAIM, key.namespace(), key.name()));
  }

  /** Returns a volume; empty if it does not exist. */
  public Optional<JsonNode> volume(String name) {
    return object(new ObjectKey(Kind.PERSISTENT_VOLUME, "", name));
  }

  /** Returns an object; empty if it does not exist. */
  public Optional<JsonNode> object(ObjectKey key) {
    return Optional.ofNullable(resource(client, key).get()).map(MigrationObjects::tree);
  }

  private static JsonNode tree(GenericKubernetesResource object) {
    return JSON.valueToTree(object);
  }

  static Resource<GenericKubernetesResource> resource(KubernetesClient client, ObjectKey key) {
    var all = client.genericKubernetesResources(Resources.of(key.kind()));
    return key.namespace().isEmpty()
        ? all.withName(key.name())
        : all.inNamespace(key.namespace()).withName(key.name());
  }

  /** Returns all volumes of the cluster. */
  public List<JsonNode> volumes() {
    return trees(client.genericKubernetesResources(Resources.of(Kind.PERSISTENT_VOLUME)).list());
  }

  /** Returns all objects of a kind in a namespace. */
  public List<JsonNode> all(Kind kind, String namespace) {
    return list(Resources.of(kind), namespace);
  }

  /** Returns all claims of a namespace. */
  public List<JsonNode> claims(String namespace) {
    return all(Kind.PERSISTENT_VOLUME_CLAIM, namespace);
  }

  List<JsonNode> autoscalers(String namespace) {
    return list(Resources.AUTOSCALERS, namespace);
  }

  List<JsonNode> quotas(String namespace) {
    return list(Resources.RESOURCE_QUOTAS, namespace);
  }

  /**
   * Lists a kind that not every cluster serves; empty if the cluster serves it and the caller may
   * not list it. A typed request would log a warning about versions such as v1alpha1 on each call.
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
      // the API server denies a caller without permission, whether the kind exists or not
      return client.hasApiGroup(type.getGroup(), true) ? Optional.empty() : Optional.of(List.of());
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<JsonNode> list(ResourceDefinitionContext type, String namespace) {
    return trees(client.genericKubernetesResources(type).inNamespace(namespace).list());
  }

  private static List<JsonNode> trees(GenericKubernetesResourceList list) {
    return list.getItems().stream().map(MigrationObjects::tree).toList();
  }

  /** Returns all objects of the cluster, page by page. */
  public ClusterPages pages() {
    return new ClusterPages(client, Set.of(), ClusterPages.CHUNK);
  }

  /** Returns the minor version of the API server; empty if it reports none. */
  public OptionalInt minorVersion() {
    VersionInfo version = client.getKubernetesVersion();
    // managed clusters report "27+"
    String minor =
        version == null || version.getMinor() == null
            ? ""
            : version.getMinor().replaceAll("\\D.*", "");
    return minor.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(minor));
  }

  /** Returns the names of all CSI drivers that have a CSIDriver object. */
  public Set<String> csiDrivers() {
    return client.genericKubernetesResources(Resources.CSI_DRIVERS).list().getItems().stream()
        .map(driver -> driver.getMetadata().getName())
        .collect(Collectors.toSet());
  }

  /** Returns whether the CSIDriver of one of the volumes says that the driver does not attach. */
  public boolean isWithoutAttachment(MigrationScope unit) {
    for (MigrationScope.BoundClaim part : unit.claims()) {
      String driver = KubeObject.of(part.volume()).spec().path("csi").path("driver").asText("");
      GenericKubernetesResource found =
          driver.isEmpty()
              ? null
              : client.genericKubernetesResources(Resources.CSI_DRIVERS).withName(driver).get();
      if (found != null
          && !KubeObject.of(tree(found)).spec().path("attachRequired").asBoolean(true)) {
        return true;
      }
    }
    return false;
  }

  /** Returns the nodes that are not Ready. */
  public List<String> unreadyNodes() {
    return trees(client.genericKubernetesResources(Resources.NODES).list()).stream()
        .filter(node -> !isReady(node))
        .map(node -> KubeObject.of(node).name())
        .toList();
  }

  private static boolean isReady(JsonNode node) {
    for (JsonNode condition : KubeObject.of(node).status().path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  /** Returns whether a volume is attached to a node. */
  public boolean isAttached(String volume) {
    return trees(client.genericKubernetesResources(Resources.VOLUME_ATTACHMENTS).list()).stream()
        .anyMatch(
            each ->
                KubeObject.of(each)
                    .spec()
                    .path("source")
                    .path("persistentVolumeName")
                    .asText()
                    .equals(volume));
  }

  /** Returns a VolumeSnapshot; empty if it does not exist. */
  public Optional<JsonNode> snapshot(String namespace, String name) {
    return Optional.ofNullable(
            client
                .genericKubernetesResources(Resources.VOLUME_SNAPSHOTS)
                .inNamespace(namespace)
                .withName(name)
                .get())
        .map(MigrationObjects::tree);
  }

  /** Returns the claims of all namespaces with these labels; all claims without a selector. */
  public List<JsonNode> claimsEverywhere(String selector) {
    var all =
        client
            .genericKubernetesResources(Resources.of(Kind.PERSISTENT_VOLUME_CLAIM))
            .inAnyNamespace();
    return trees(selector.isEmpty() ? all.list() : all.withLabelSelector(selector).list());
  }

  /** Returns whether the cluster has VolumeSnapshots. */
  public boolean servesSnapshots() {
    return client.hasApiGroup(Resources.VOLUME_SNAPSHOTS.getGroup(), true);
  }
}
