package io.rwopguard.testing.apiserver;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Creates what a chart creates for the service's own certificates: a ServiceAccount and webhook
 * configurations. The account has the rights that docs/installation/certificates.md gives it and
 * those of the inventory.
 */
public final class SelfManagedInstallation implements AutoCloseable {

  public static final String NAMESPACE = "rwop-guard";
  static final String SECRET = "rwop-guard-certificates";
  static final String CA_SECRET = "rwop-guard-ca";

  private static final String ACCOUNTS =
      """
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: rwop-guard, namespace: rwop-guard}
      ---
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: without-rights, namespace: rwop-guard}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: rwop-guard-certificates, namespace: rwop-guard}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: rwop-guard-certificates}
      subjects: [{kind: ServiceAccount, name: rwop-guard, namespace: rwop-guard}]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: rwop-guard-certificates}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: rwop-guard-certificates}
      subjects: [{kind: ServiceAccount, name: rwop-guard, namespace: rwop-guard}]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: rwop-guard-inventory}
      rules:
        - apiGroups: [""]
          resources: [persistentvolumes, persistentvolumeclaims, namespaces, pods, replicationcontrollers]
          verbs: [get, list, watch]
        - apiGroups: [apps]
          resources: [deployments, replicasets, statefulsets, daemonsets]
          verbs: [get, list, watch]
        - {apiGroups: [batch], resources: [jobs, cronjobs], verbs: [get, list, watch]}
        - {apiGroups: [storage.k8s.io], resources: [storageclasses, csidrivers], verbs: [get, list, watch]}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: rwop-guard-inventory}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: rwop-guard-inventory}
      subjects: [{kind: ServiceAccount, name: rwop-guard, namespace: rwop-guard}]
      """;

  private static final String KUBECONFIG =
      """
      apiVersion: v1
      kind: Config
      current-context: it
      contexts: [{name: it, context: {cluster: it, user: it}}]
      clusters: [{name: it, cluster: {server: "%s", certificate-authority-data: "%s"}}]
      users: [{name: it, user: {token: "%s"}}]
      """;

  private final ApiServer api;
  private final List<String> applied = new ArrayList<>();

  public SelfManagedInstallation(ApiServer api) throws IOException, InterruptedException {
    this.api = api;
    api.client()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
    apply(ACCOUNTS);
    String document = Files.readString(Path.of("docs/installation/certificates.md"));
    int begin = document.indexOf("```yaml\n") + "```yaml\n".length();
    apply(document.substring(begin, document.indexOf("```", begin)));
    apply(Files.readString(Path.of("src/main/kubernetes/webhook-configurations.yaml")));
  }

  private void apply(String manifest) throws IOException, InterruptedException {
    ApiServer.KubectlResult result = api.kubectl(manifest, "apply", "-f", "-");
    if (result.exitCode() != 0) {
      throw new IllegalStateException(result.output());
    }
    applied.add(manifest);
  }

  /** A kubeconfig by which a process is this ServiceAccount. */
  public Path kubeconfig(String account) throws IOException, InterruptedException {
    return kubeconfig(api, NAMESPACE, account);
  }

  /** Writes the kubeconfig of any ServiceAccount. */
  public static Path kubeconfig(ApiServer api, String namespace, String account)
      throws IOException, InterruptedException {
    Config server = api.client().getConfiguration();
    byte[] ca = Files.readAllBytes(Path.of(server.getCaCertFile()));
    String token = api.kubectl("", "create", "token", account, "-n", namespace).output().strip();
    String text =
        KUBECONFIG.formatted(server.getMasterUrl(), Base64.getEncoder().encodeToString(ca), token);
    return Files.writeString(Path.of("target", "kubeconfig-of-" + account), text).toAbsolutePath();
  }

  /** Creates both Secrets, empty. */
  public void createSecrets() {
    createSecret(SECRET, Map.of());
    createSecret(CA_SECRET, Map.of());
  }

  private void createSecret(String name, Map<String, String> data) {
    api.client()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withData(data)
                .build())
        .create();
  }

  /** Puts the CA's key where earlier versions kept it: beside the serving certificate. */
  public void moveKeyBack() {
    String key = caSecretData().get("ca.key");
    replaceData(CA_SECRET, Map.of());
    Map<String, String> data = new HashMap<>(secretData());
    data.put("ca.key", key);
    replaceData(SECRET, data);
  }

  public Map<String, String> caSecretData() {
    return data(CA_SECRET);
  }

  private Map<String, String> data(String name) {
    Secret secret = api.client().secrets().inNamespace(NAMESPACE).withName(name).get();
    return secret == null || secret.getData() == null ? Map.of() : secret.getData();
  }

  private void replaceData(String name, Map<String, String> data) {
    api.client()
        .secrets()
        .inNamespace(NAMESPACE)
        .withName(name)
        .edit(secret -> new SecretBuilder(secret).withData(data).build());
  }

  public Map<String, String> secretData() {
    return data(SECRET);
  }

  public void deleteSecretData() {
    replaceData(CA_SECRET, Map.of());
    replaceData(SECRET, Map.of());
  }

  /** Returns the holder of the Lease: the host name of a replica. */
  public String leader() {
    return api.client()
        .leases()
        .inNamespace(NAMESPACE)
        .withName(SECRET)
        .get()
        .getSpec()
        .getHolderIdentity()
        .replaceFirst("_.*", "");
  }

  /** Returns the current content of the bundles. */
  public List<String> bundles() {
    var configurations = api.client().admissionRegistration().v1();
    List<String> encoded = new ArrayList<>();
    for (ValidatingWebhook webhook :
        configurations
            .validatingWebhookConfigurations()
            .withName("rwop-guard")
            .get()
            .getWebhooks()) {
      encoded.add(webhook.getClientConfig().getCaBundle());
    }
    for (MutatingWebhook webhook :
        configurations.mutatingWebhookConfigurations().withName("rwop-guard").get().getWebhooks()) {
      encoded.add(webhook.getClientConfig().getCaBundle());
    }
    return encoded.stream()
        .map(text -> text == null ? "" : text)
        .map(text -> new String(Base64.getDecoder().decode(text), StandardCharsets.US_ASCII))
        .toList();
  }

  public void emptyABundle() throws IOException, InterruptedException {
    api.kubectl(
        "",
        "patch",
        "mutatingwebhookconfiguration",
        "rwop-guard",
        "--type=json",
        "-p",
        "[{\"op\":\"remove\",\"path\":\"/webhooks/0/clientConfig/caBundle\"}]");
  }

  /** Does what docs/installation/certificates.md says for a CA whose key has leaked. */
  public void forgetCas() throws IOException, InterruptedException {
    for (String secret : List.of(CA_SECRET, SECRET)) {
      api.kubectl(
          "", "patch", "secret", secret, "-n", NAMESPACE, "--type=merge", "-p", "{\"data\":null}");
    }
    for (String kind : List.of("validatingwebhookconfiguration", "mutatingwebhookconfiguration")) {
      String names = "jsonpath={.webhooks[*].name}";
      int webhooks =
          api.kubectl("", "get", kind, "rwop-guard", "-o", names)
              .output()
              .strip()
              .split(" ", -1)
              .length;
      for (int i = 0; i < webhooks; i++) {
        api.kubectl(
            "",
            "patch",
            kind,
            "rwop-guard",
            "--type=json",
            "-p",
            "[{\"op\":\"remove\",\"path\":\"/webhooks/%d/clientConfig/caBundle\"}]".formatted(i));
      }
    }
  }

  /** Other tests install the same by other means. */
  @Override
  public void close() throws IOException {
    try {
      for (String manifest : applied) {
        api.kubectl(manifest, "delete", "--ignore-not-found", "-f", "-");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    api.client().secrets().inNamespace(NAMESPACE).withName(SECRET).delete();
    api.client().secrets().inNamespace(NAMESPACE).withName(CA_SECRET).delete();
    api.client().leases().inNamespace(NAMESPACE).withName(SECRET).delete();
  }
}
