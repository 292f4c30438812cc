package io.rwopguard.testing.apiserver;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * The packaged service, installed in the API server by the chart's webhook configurations, and
 * called by it.
 */
public final class InstalledService implements AutoCloseable {

  /** A namespace whose objects are mutated. */
  public static final String MUTATED = "mutated";

  /** A namespace that did not ask for that. */
  public static final String PLAIN = "plain";

  public static final String STATEFUL_SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %s, namespace: %s}
      spec:
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec:
            containers:
              - name: db
                image: postgres:17
                ports: [{containerPort: 5432}]
                volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
          - metadata: {name: data}
            spec:
              accessModes: [%s]
              resources: {requests: {storage: 1Gi}}
      """;
  public static final String CLAIM =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %s, namespace: mutated}
      spec:
        accessModes: [%s]
        resources: {requests: {storage: 1Gi}}
      """;
  public static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: %s, namespace: mutated}
      spec:
        containers:
          - name: db
            image: postgres:17
            ports: [{containerPort: 5432}]
            volumeMounts: [{name: data, mountPath: /data}]
        volumes:
          - name: data
            persistentVolumeClaim: {claimName: %s}
      """;
  public static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: %s}
      spec:
        accessModes: [%s]
        capacity: {storage: 1Gi}
        %s
      """;

  private static final Path CONFIGURATIONS =
      Path.of("src/main/kubernetes/webhook-configurations.yaml");

  /** A call may take longer on a busy machine than an installation would wait, and be ignored. */
  private static final int PATIENCE_SECONDS = 20;

  private final ApiServer api;
  private final ServiceProcess service;

  /** Starts the service with these settings, and installs it. */
  public InstalledService(ApiServer api, String... settings) throws IOException {
    this(api, Map.of(), settings);
  }

  /** Starts the service with these environment variables and settings, and installs it. */
  public InstalledService(ApiServer api, Map<String, String> environment, String... settings)
      throws IOException {
    this.api = api;
    List<String> all = new ArrayList<>(List.of("rwop-guard.kubeconfig=" + api.kubeconfig()));
    all.addAll(List.of(settings));
    service = new ServiceProcess(environment, all.toArray(String[]::new));
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> service.health("ready") == 200);
    KubernetesClient client = api.client();
    for (var namespace : Map.of(MUTATED, "enabled", PLAIN, "no").entrySet()) {
      client
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(namespace.getKey())
                  .addToLabels("rwop-guard.io/mutate", namespace.getValue())
                  .endMetadata()
                  .build())
          .serverSideApply();
    }
    try (InputStream yaml = Files.newInputStream(CONFIGURATIONS)) {
      for (var configuration : client.load(yaml).items()) {
        if (configuration instanceof ValidatingWebhookConfiguration validating) {
          validating
              .getWebhooks()
              .forEach(
                  webhook -> {
                    webhook.setClientConfig(reachable(webhook.getClientConfig()));
                    webhook.setTimeoutSeconds(PATIENCE_SECONDS);
                  });
        } else if (configuration instanceof MutatingWebhookConfiguration mutating) {
          mutating
              .getWebhooks()
              .forEach(
                  webhook -> {
                    webhook.setClientConfig(reachable(webhook.getClientConfig()));
                    webhook.setTimeoutSeconds(PATIENCE_SECONDS);
                  });
        }
        client.resource(configuration).create();
      }
    }
    waitUntilCalled();
  }

  /**
   * Returns the same webhook, at this machine's service instead of a Service that has no route
   * here.
   */
  private WebhookClientConfig reachable(WebhookClientConfig config) {
    try {
      return new WebhookClientConfigBuilder()
          .withUrl("https://127.0.0.1:" + service.port() + config.getService().getPath())
          .withCaBundle(Base64.getEncoder().encodeToString(Files.readAllBytes(service.ca())))
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The API server takes a moment to notice a new configuration. */
  private void waitUntilCalled() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              String manifest =
                  VOLUME.formatted("probe", "ReadWriteOncePod", "hostPath: {path: /x}");
              api.kubectl(manifest, "create", "--dry-run=server", "-f", "-");
              String set = STATEFUL_SET.formatted("probe", MUTATED, "ReadWriteOncePod");
              api.kubectl(set, "create", "--dry-run=server", "-f", "-");
              String metrics = service.management("/q/metrics").body();
              return metrics.matches("(?s).*outcome=\"denied\",webhook=\"validate\"\\} [1-9].*")
                  && metrics.matches("(?s).*outcome=\"patched\",webhook=\"mutate\"\\} [1-9].*");
            });
  }

  public ServiceProcess process() {
    return service;
  }

  public int managementPort() {
    return service.managementPort();
  }

  public String log() throws IOException {
    return service.log();
  }

  @Override
  public void close() {
    api.client().admissionRegistration().v1().validatingWebhookConfigurations().delete();
    api.client().admissionRegistration().v1().mutatingWebhookConfigurations().delete();
    service.close();
  }
}
