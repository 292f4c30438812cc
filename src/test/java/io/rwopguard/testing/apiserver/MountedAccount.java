package io.rwopguard.testing.apiserver;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A ServiceAccount's files as a kubelet lays them out in a Pod, and the variables by which the
 * packaged service finds them.
 */
public final class MountedAccount {

  private static final String NAMESPACE = "default";
  private static final String NAME = "rwop-guard";

  private final ReplaceableApiServer api;
  private final Path mount;
  private int version;
  private String token = "";
  private Optional<Secret> boundTo = Optional.empty();

  /** Creates the account with all rights, and lays out its files in this empty directory. */
  public MountedAccount(ReplaceableApiServer api, Path mount) throws IOException {
    this.api = api;
    this.mount = mount;
    KubernetesClient client = api.client();
    client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(NAME)
                .endMetadata()
                .build())
        .create();
    client
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(NAME)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "cluster-admin")
                .addNewSubject("", "ServiceAccount", NAME, NAMESPACE)
                .build())
        .create();
    rotateToken();
    for (String file : new String[] {"ca.crt", "token"}) {
      Files.createSymbolicLink(mount.resolve(file), Path.of("..data", file));
    }
  }

  /** Returns the variables by which a kubelet, and the client itself, configure the service. */
  public Map<String, String> environment() {
    return Map.of(
        "KUBERNETES_SERVICE_HOST", api.host(),
        "KUBERNETES_SERVICE_PORT", "" + api.port(),
        "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN", mount.resolve("token").toString(),
        "KUBERNETES_CERTS_CA_FILE", mount.resolve("ca.crt").toString());
  }

  /** Lays out a new token, and the present CA. */
  public void rotateToken() throws IOException {
    KubernetesClient client = api.client();
    Secret secret =
        client
            .resource(
                new SecretBuilder()
                    .withNewMetadata()
                    .withNamespace(NAMESPACE)
                    .withGenerateName("token-")
                    .endMetadata()
                    .build())
            .create();
    token =
        client
            .serviceAccounts()
            .inNamespace(NAMESPACE)
            .withName(NAME)
            .tokenRequest(
                new TokenRequestBuilder()
                    .withNewSpec()
                    .withExpirationSeconds(600L)
                    .withNewBoundObjectRef(
                        "v1",
                        "Secret",
                        secret.getMetadata().getName(),
                        secret.getMetadata().getUid())
                    .endSpec()
                    .build())
            .getStatus()
            .getToken();
    boundTo = Optional.of(secret);
    layOut();
  }

  /** Replaces both files at once, as a kubelet does. */
  public void layOut() throws IOException {
    Path folder = Files.createDirectory(mount.resolve("..version-" + ++version));
    Files.copy(api.ca(), folder.resolve("ca.crt"));
    Files.writeString(folder.resolve("token"), token);
    KubeletMount.swap(mount, folder);
  }

  public String token() {
    return token;
  }

  /** Makes the present token invalid, as the end of its time does. */
  public void invalidateToken() {
    api.client().resource(boundTo.orElseThrow()).delete();
  }

  /** Returns whether the API server still takes this token. */
  public boolean isValid(String token) {
    return Boolean.TRUE.equals(
        api.client()
            .resource(new TokenReviewBuilder().withNewSpec().withToken(token).endSpec().build())
            .create()
            .getStatus()
            .getAuthenticated());
  }
}
