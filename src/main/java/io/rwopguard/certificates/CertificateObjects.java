package io.rwopguard.certificates;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.config.RwopGuardConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads and writes the objects in the cluster that hold certificates, without a cache. Each write
 * names the version that was read. If two replicas consider themselves the leader, the API server
 * refuses one of their writes.
 */
final class CertificateObjects {

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String ADMISSION = "admissionregistration.k8s.io";

  private static final ResourceDefinitionContext SECRETS = type("", "Secret", "secrets", true);
  private static final List<ResourceDefinitionContext> CONFIGURATIONS =
      List.of(
          type(
              ADMISSION,
              "ValidatingWebhookConfiguration",
              "validatingwebhookconfigurations",
              false),
          type(ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false));

  private final KubernetesClient client;
  private final RwopGuardConfig.Tls.SelfManaged settings;
  private final String namespace;

  CertificateObjects(
      KubernetesClient client, RwopGuardConfig.Tls.SelfManaged settings, String namespace) {
    this.client = client;
    this.settings = settings;
    this.namespace = namespace;
  }

  private static ResourceDefinitionContext type(
      String group, String kind, String plural, boolean namespaced) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(group)
        .withVersion("v1")
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(namespaced)
        .build();
  }

  /** Returns the Secret of the serving certificate. */
  Resource<GenericKubernetesResource> secret() {
    return secret(settings.secret());
  }

  /** Returns the Secret of the CA's key. */
  Resource<GenericKubernetesResource> caSecret() {
    return secret(settings.caSecret());
  }

  private Resource<GenericKubernetesResource> secret(String name) {
    return client.genericKubernetesResources(SECRETS).inNamespace(namespace).withName(name);
  }

  /** Returns the name of the Secret of the serving certificate, for messages. */
  String secretName() {
    return "Secret " + namespace + "/" + settings.secret();
  }

  /** Returns the name of the Secret of the CA's key, for messages. */
  String caSecretName() {
    return "Secret " + namespace + "/" + settings.caSecret();
  }

  /** Returns the webhook configurations, by the names that users know them by. */
  Map<String, Resource<GenericKubernetesResource>> configurations() {
    return CONFIGURATIONS.stream()
        .collect(
            Collectors.toMap(
                type -> type.getPlural() + "/" + settings.webhookConfigurations(),
                type ->
                    client
                        .genericKubernetesResources(type)
                        .withName(settings.webhookConfigurations())));
  }

  static Map<String, String> dataOf(GenericKubernetesResource secret) {
    Map<String, String> data = new HashMap<>();
    Map<String, String> encoded = secret.get("data");
    if (encoded != null) {
      encoded.forEach(
          (name, value) ->
              data.put(
                  name, new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8)));
    }
    return data;
  }

  /** Writes these entries to a Secret, unless it has changed since it was read. */
  void write(GenericKubernetesResource secret, Map<String, String> entries) {
    Map<String, String> encoded = encodedData(secret);
    entries.forEach((name, value) -> encoded.put(name, base64(value)));
    replace(secret, encoded);
  }

  /** Removes an entry from a Secret, unless it has changed since it was read. */
  void remove(GenericKubernetesResource secret, String entry) {
    Map<String, String> encoded = encodedData(secret);
    encoded.remove(entry);
    replace(secret, encoded);
  }

  private static Map<String, String> encodedData(GenericKubernetesResource secret) {
    Map<String, String> before = secret.get("data");
    return before == null ? new HashMap<>() : new HashMap<>(before);
  }

  private void replace(GenericKubernetesResource secret, Map<String, String> encoded) {
    secret.setAdditionalProperty("data", encoded);
    client.genericKubernetesResources(SECRETS).inNamespace(namespace).resource(secret).update();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the bundles of all webhooks that name the service. A configuration may be missing. */
  List<CaBundle> bundles() {
    List<CaBundle> bundles = new ArrayList<>();
    configurations()
        .forEach(
            (name, configuration) ->
                Optional.ofNullable(configuration.get())
                    .ifPresent(found -> bundlesOf(name, found).forEach(bundles::add)));
    return bundles;
  }

  private Stream<CaBundle> bundlesOf(String name, GenericKubernetesResource configuration) {
    List<Map<String, Object>> webhooks = configuration.get("webhooks");
    List<CaBundle> bundles = new ArrayList<>();
    for (int i = 0; webhooks != null && i < webhooks.size(); i++) {
      if (webhooks.get(i).get("clientConfig") instanceof Map<?, ?> target
          && target.get("service") instanceof Map<?, ?> service
          && settings.service().equals(service.get("name"))
          && namespace.equals(service.get("namespace"))) {
        String encoded =
            String.valueOf(target.containsKey("caBundle") ? target.get("caBundle") : "");
        bundles.add(
            new CaBundle(
                name,
                configuration.getMetadata().getResourceVersion(),
                i,
                new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8)));
      }
    }
    return bundles.stream();
  }

  /** Writes this text to these bundles, unless their objects have changed since they were read. */
  void write(List<CaBundle> stale, String text) {
    Map<String, Resource<GenericKubernetesResource>> configurations = configurations();
    stale.stream()
        .collect(Collectors.groupingBy(CaBundle::configuration))
        .forEach(
            (name, bundles) ->
                configurations
                    .get(name)
                    .patch(PatchContext.of(PatchType.JSON), patch(bundles, base64(text))));
  }

  private static String patch(List<CaBundle> bundles, String value) {
    ArrayNode operations = MAPPER.createArrayNode();
    operations
        .addObject()
        .put("op", "test")
        .put("path", "/metadata/resourceVersion")
        .put("value", bundles.get(0).resourceVersion());
    for (CaBundle bundle : bundles) {
      operations
          .addObject()
          .put("op", "add")
          .put("path", "/webhooks/%d/clientConfig/caBundle".formatted(bundle.index()))
          .put("value", value);
    }
    return operations.toString();
  }
}
