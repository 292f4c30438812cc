package io.rwopguard.testing.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.model.Kind;
import java.util.Locale;
import java.util.Optional;

/** Manifests sent to an API server as they are, whatever a typed client would make of them. */
public final class ApiRequests {

  /** The namespace of everything that has one. */
  public static final String NAMESPACE = "shop";

  private final KubernetesClient client;

  public ApiRequests(KubernetesClient client) {
    this.client = client;
  }

  /** Asks to create an object without storing it; a Scale is set on a Deployment of its name. */
  public Optional<KubernetesClientException> dryRun(ObjectNode manifest) {
    String scale = Kind.SCALE.kindName();
    if (manifest.path("kind").asText().equals(scale)) {
      String name = manifest.at("/metadata/name").asText();
      String path = "/apis/apps/v1/namespaces/" + NAMESPACE + "/deployments/" + name + "/scale";
      return send("PUT", path + "?dryRun=All", manifest);
    }
    return send("POST", collection(manifest) + "?dryRun=All", manifest);
  }

  public Optional<KubernetesClientException> create(ObjectNode manifest) {
    return send("POST", collection(manifest), manifest);
  }

  Optional<KubernetesClientException> dryRunReplace(ObjectNode manifest) {
    String name = manifest.at("/metadata/name").asText();
    return send("PUT", collection(manifest) + "/" + name + "?dryRun=All", manifest);
  }

  public Optional<KubernetesClientException> delete(ObjectNode manifest) {
    String name = manifest.at("/metadata/name").asText();
    try {
      client.raw(collection(manifest) + "/" + name, "DELETE", null);
      return Optional.empty();
    } catch (KubernetesClientException e) {
      return Optional.of(e);
    }
  }

  private Optional<KubernetesClientException> send(String method, String path, ObjectNode object) {
    try {
      client.raw(path, method, object.toString());
      return Optional.empty();
    } catch (KubernetesClientException refused) {
      return Optional.of(refused);
    }
  }

  private static String collection(ObjectNode manifest) {
    String apiVersion = manifest.path("apiVersion").asText();
    String kind = manifest.path("kind").asText();
    String root = (apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion;
    String namespace =
        kind.equals(Kind.PERSISTENT_VOLUME.kindName()) ? "" : "/namespaces/" + NAMESPACE;
    return root + namespace + "/" + kind.toLowerCase(Locale.ROOT) + "s";
  }
}
