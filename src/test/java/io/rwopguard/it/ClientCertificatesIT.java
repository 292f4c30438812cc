package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.rwopguard.testing.apiserver.ReplaceableApiServer;
import io.rwopguard.testing.network.ClientKeys;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that only an API server gets an answer, if the settings name the CA of its client
 * certificate. A real one presents it, as docs/installation/api-server-authentication.md shows.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientCertificatesIT {

  private static final String API_SERVER = "kube-apiserver";

  private static final String REFUSED =
      """
      {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",
       "operation":"CREATE","kind":{"group":"","version":"v1","kind":"PersistentVolume"},
       "object":{"spec":{"accessModes":["ReadWriteOncePod","ReadWriteOnce"],"csi":{}}}}}
      """;

  private final ClientKeys ca = new ClientKeys("clients");
  private Path directory;
  private ServiceProcess service;

  @BeforeAll
  void start(@TempDir Path ofTheClass) throws Exception {
    directory = ofTheClass;
    Files.writeString(directory.resolve("clients.crt"), ca.caPem());
    service = start();
  }

  private ServiceProcess start(String... more) throws IOException {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "rwop-guard.clients.ca-certificate=" + directory.resolve("clients.crt"),
                "rwop-guard.clients.names=" + API_SERVER + ",another"));
    settings.addAll(List.of(more));
    return new ServiceProcess(settings.toArray(String[]::new));
  }

  @AfterAll
  void stop() {
    service.close();
  }

  private static HttpResponse<String> ask(ServiceProcess service, SSLContext tls) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(REFUSED))
            .build();
    HttpClient client = HttpClient.newBuilder().sslContext(tls).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void answers_the_client_of_the_ca_with_the_name() throws Exception {
    HttpResponse<String> answer = ask(service, ca.client(API_SERVER).trusting(service.ca()));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"allowed\":false");
  }

  @Test
  void answers_no_one_else() throws Exception {
    SSLContext none = Tls.trusting(service.ca());
    SSLContext otherName = ca.client("kube-apiserver.tenant").trusting(service.ca());
    SSLContext otherCa = new ClientKeys("clients").client(API_SERVER).trusting(service.ca());
    for (SSLContext tls : List.of(none, otherName, otherCa)) {
      assertThatThrownBy(() -> ask(service, tls)).isInstanceOf(IOException.class);
    }
    assertThat(service.log())
        .contains(
            "refused the client certificate of CN=kube-apiserver.tenant: its common name [kube-apiserver.tenant] is not in rwop-guard.clients.names");
    // the warm-up, which has no certificate, does not keep the service from being ready
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> service.health("ready") == 200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwop-guard.tls.engine=jdk", "quarkus.tls.rwop-guard.protocols=TLSv1.2"})
  void asks_with_each_implementation_and_version_of_tls(String setting) throws Exception {
    try (ServiceProcess other = start(setting)) {
      assertThat(ask(other, ca.client("another").trusting(other.ca())).statusCode()).isEqualTo(200);
      assertThatThrownBy(() -> ask(other, Tls.trusting(other.ca())))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void trusts_a_new_ca_without_a_restart() throws Exception {
    ClientKeys next = new ClientKeys("next");
    Path file = directory.resolve("clients.crt");
    SSLContext client = next.client(API_SERVER).trusting(service.ca());
    assertThatThrownBy(() -> ask(service, client)).isInstanceOf(IOException.class);
    try {
      Files.writeString(file, ca.caPem() + next.caPem());
      assertThat(ask(service, client).statusCode()).isEqualTo(200);
    } finally {
      Files.writeString(file, ca.caPem());
    }
  }

  @Test
  void answers_a_real_api_server_that_presents_its_certificate() throws Exception {
    Path keys = Files.createDirectories(directory.resolve("api-server"));
    ca.client(API_SERVER).write(keys);
    Path kubeconfig =
        Files.writeString(
            keys.resolve("webhooks.yaml"),
            """
            apiVersion: v1
            kind: Config
            users:
              - name: localhost:%d
                user: {client-certificate: %s, client-key: %s}
            """
                .formatted(service.port(), keys.resolve("tls.crt"), keys.resolve("tls.key")));
    Path admission =
        Files.writeString(
            keys.resolve("admission.yaml"),
            """
            apiVersion: apiserver.config.k8s.io/v1
            kind: AdmissionConfiguration
            plugins:
              - name: ValidatingAdmissionWebhook
                configuration:
                  apiVersion: apiserver.config.k8s.io/v1
                  kind: WebhookAdmissionConfiguration
                  kubeConfigFile: %s
            """
                .formatted(kubeconfig));
    try (ReplaceableApiServer api =
        new ReplaceableApiServer(
            ReplaceableApiServer.loopback(),
            List.of("--admission-control-config-file=" + admission))) {
      api.client().resource(webhook()).create();

      // the API server reads configurations again after some time
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> api.client().resource(hostPath()).dryRun().create())
                      .hasMessageContaining("csi-only"));
    }
  }

  /** A volume that Kubernetes accepts, and that no node other than its own can use. */
  private static PersistentVolume hostPath() {
    return new PersistentVolumeBuilder()
        .withNewMetadata()
        .withName("local")
        .endMetadata()
        .withNewSpec()
        .withAccessModes("ReadWriteOncePod")
        .withCapacity(Map.of("storage", new Quantity("1Gi")))
        .withNewHostPath()
        .withPath("/data")
        .endHostPath()
        .endSpec()
        .build();
  }

  private String webhook() throws IOException {
    return """
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: rwop-guard}
    webhooks:
      - name: volumes.rwop-guard.io
        failurePolicy: Fail
        sideEffects: None
        admissionReviewVersions: [v1]
        clientConfig: {url: "https://localhost:%d/validate", caBundle: %s}
        rules:
          - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [persistentvolumes]}
    """
        .formatted(
            service.port(), Base64.getEncoder().encodeToString(Files.readAllBytes(service.ca())));
  }
}
