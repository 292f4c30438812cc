package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfigBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.it.ApiServer.KubectlResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The packaged service behind a real API server, called through the real webhook configurations.
 */
class AdmissionThroughApiServerIT {

  private static final Path CONFIGURATIONS =
      Path.of("src/main/kubernetes/webhook-configurations.yaml");
  private static final String MUTATED = "mutated";
  private static final String PLAIN = "plain";

  private static final String STATEFUL_SET =
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
  private static final String CLAIM =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %s, namespace: mutated}
      spec:
        accessModes: [%s]
        resources: {requests: {storage: 1Gi}}
      """;
  private static final String POD =
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
  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: %s}
      spec:
        accessModes: [%s]
        capacity: {storage: 1Gi}
        %s
      """;

  private static ApiServer api;
  private static ServiceProcess service;

  @BeforeAll
  static void install() throws IOException, InterruptedException {
    api = ApiServer.running();
    service = new ServiceProcess("rwop-guard.kubeconfig=" + api.kubeconfig());
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
          .create();
    }
    try (InputStream yaml = Files.newInputStream(CONFIGURATIONS)) {
      for (var configuration : client.load(yaml).items()) {
        if (configuration instanceof ValidatingWebhookConfiguration validating) {
          validating.getWebhooks().forEach(w -> w.setClientConfig(reachable(w.getClientConfig())));
        } else if (configuration instanceof MutatingWebhookConfiguration mutating) {
          mutating.getWebhooks().forEach(w -> w.setClientConfig(reachable(w.getClientConfig())));
        }
        client.resource(configuration).create();
      }
    }
    waitUntilCalled();
  }

  /**
   * The same webhook, at this machine's service instead of a Service that nobody routes to here.
   */
  private static WebhookClientConfig reachable(WebhookClientConfig config) {
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
  private static void waitUntilCalled() {
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

  @AfterAll
  static void uninstall() {
    api.client().admissionRegistration().v1().validatingWebhookConfigurations().delete();
    api.client().admissionRegistration().v1().mutatingWebhookConfigurations().delete();
    service.close();
  }

  @Test
  void the_api_server_refuses_an_exclusive_host_path_volume_with_our_message() throws Exception {
    String manifest = VOLUME.formatted("by-hand", "ReadWriteOncePod", "hostPath: {path: /data}");

    KubectlResult refused = api.kubectl(manifest, "apply", "-f", "-");

    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains("admission webhook \"validate.rwop-guard.io\" denied the request: spec.hostPath:")
        .contains("needs a CSI driver")
        .contains("(csi-only)");
    assertThat(service.log())
        .contains("denied CREATE of PersistentVolume by-hand")
        .contains("rules=csi-only");
  }

  @Test
  void the_cause_reaches_a_client_with_its_field() {
    String manifest =
        VOLUME.formatted(
            "by-client",
            "ReadWriteOncePod",
            "local: {path: /data}\n  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}");
    assertThatThrownBy(() -> api.client().resource(manifest).create())
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(403);
              assertThat(e.getStatus().getDetails().getCauses())
                  .anySatisfy(cause -> assertThat(cause.getField()).isEqualTo("spec.local"));
            });
  }

  @Test
  void innocent_volumes_are_accepted() throws Exception {
    String csi =
        VOLUME.formatted(
            "csi", "ReadWriteOncePod", "csi: {driver: csi.example.org, volumeHandle: a}");
    String shared = VOLUME.formatted("shared", "ReadWriteOnce", "hostPath: {path: /data}");

    assertThat(api.kubectl(csi, "apply", "-f", "-").output())
        .contains("created")
        .doesNotContain("Warning");
    assertThat(api.kubectl(shared, "apply", "-f", "-").output())
        .contains("created")
        .doesNotContain("Warning");
  }

  @Test
  void a_provisioners_volume_is_accepted_with_a_warning() throws Exception {
    String provisioned =
        VOLUME
            .formatted("provisioned", "ReadWriteOncePod", "hostPath: {path: /data}")
            .replace(
                "{name: provisioned}",
                "{name: provisioned, annotations: {pv.kubernetes.io/provisioned-by: rancher.io/local-path}}");

    assertThat(api.kubectl(provisioned, "apply", "-f", "-").output())
        .contains("Warning: spec.hostPath:")
        .contains("persistentvolume/provisioned created");
  }

  @Test
  void a_violating_object_that_was_there_before_can_still_be_labelled_and_deleted()
      throws Exception {
    // made while the rule did not apply, then brought under it past the webhook's eyes: by its
    // provisioner's annotation
    String provisioned =
        VOLUME
            .formatted("old", "ReadWriteOncePod", "hostPath: {path: /data}")
            .replace(
                "{name: old}",
                "{name: old, finalizers: [example.org/hold], annotations: {pv.kubernetes.io/provisioned-by: x}}");
    assertThat(api.kubectl(provisioned, "apply", "-f", "-").exitCode()).isZero();

    assertThat(
            api.kubectl("", "annotate", "pv", "old", "pv.kubernetes.io/provisioned-by-").exitCode())
        .isZero();
    assertThat(api.kubectl("", "label", "pv", "old", "a=b").output()).contains("labeled");
    api.client().persistentVolumes().withName("old").delete();
    assertThat(
            api.kubectl(
                    "",
                    "patch",
                    "pv",
                    "old",
                    "--type=merge",
                    "-p",
                    "{\"metadata\":{\"finalizers\":null}}")
                .exitCode())
        .isZero();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.client().persistentVolumes().withName("old").get() == null);
  }

  @Test
  void a_stateful_set_comes_back_mutated_and_a_second_apply_changes_nothing() throws Exception {
    String manifest = STATEFUL_SET.formatted("db", MUTATED, "ReadWriteOncePod");

    assertThat(api.kubectl(manifest, "apply", "-f", "-").output()).contains("created");
    StatefulSet first = statefulSet("db");
    var spec = first.getSpec().getTemplate().getSpec();
    assertThat(spec.getTerminationGracePeriodSeconds()).isZero();
    Probe liveness = spec.getContainers().get(0).getLivenessProbe();
    assertThat(liveness.getTcpSocket().getPort().getIntVal()).isEqualTo(5432);
    assertThat(liveness.getPeriodSeconds()).isEqualTo(5);
    assertThat(liveness.getFailureThreshold()).isEqualTo(2);
    Probe startup = spec.getContainers().get(0).getStartupProbe();
    assertThat(startup.getPeriodSeconds() * startup.getFailureThreshold()).isEqualTo(3600);

    // kubectl says "configured" even without a webhook: the API server's defaults inside a claim
    // template are a difference to it
    assertThat(api.kubectl(manifest, "apply", "-f", "-").exitCode()).isZero();
    assertThat(statefulSet("db").getMetadata().getResourceVersion())
        .isEqualTo(first.getMetadata().getResourceVersion());
    assertThat(api.kubectl(manifest, "replace", "-f", "-").exitCode()).isZero();
    assertThat(statefulSet("db").getMetadata().getGeneration())
        .isEqualTo(first.getMetadata().getGeneration());
    assertThat(
            api.kubectl(manifest, "apply", "--server-side", "--force-conflicts", "-f", "-")
                .exitCode())
        .isZero();
    assertThat(statefulSet("db").getMetadata().getGeneration())
        .isEqualTo(first.getMetadata().getGeneration());
  }

  @Test
  void a_second_server_side_apply_changes_nothing() throws Exception {
    String manifest = STATEFUL_SET.formatted("ssa", MUTATED, "ReadWriteOncePod");
    api.kubectl(manifest, "apply", "--server-side", "-f", "-");
    StatefulSet first = statefulSet("ssa");

    assertThat(api.kubectl(manifest, "apply", "--server-side", "-f", "-").exitCode()).isZero();

    assertThat(statefulSet("ssa").getMetadata().getResourceVersion())
        .isEqualTo(first.getMetadata().getResourceVersion());
  }

  @Test
  void a_namespace_that_did_not_ask_and_a_shared_volume_are_left_alone() throws Exception {
    api.kubectl(STATEFUL_SET.formatted("db", PLAIN, "ReadWriteOncePod"), "apply", "-f", "-");
    api.kubectl(STATEFUL_SET.formatted("shared", MUTATED, "ReadWriteOnce"), "apply", "-f", "-");

    var elsewhere = api.client().apps().statefulSets().inNamespace(PLAIN).withName("db").get();
    for (StatefulSet set : new StatefulSet[] {elsewhere, statefulSet("shared")}) {
      var spec = set.getSpec().getTemplate().getSpec();
      assertThat(spec.getTerminationGracePeriodSeconds()).isEqualTo(30);
      assertThat(spec.getContainers().get(0).getLivenessProbe()).isNull();
    }
  }

  @Test
  void a_pod_is_mutated_by_the_claim_it_names_even_if_that_was_made_a_moment_ago()
      throws Exception {
    for (int i = 0; i < 10; i++) {
      // both in one request stream: most of the time the informer has not seen the claim yet
      api.client().resource(CLAIM.formatted("claim-" + i, "ReadWriteOncePod")).create();
      Pod pod = (Pod) api.client().resource(POD.formatted("pod-" + i, "claim-" + i)).create();

      assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isZero();
      assertThat(pod.getSpec().getContainers().get(0).getLivenessProbe()).isNotNull();
    }
  }

  @Test
  void a_pod_on_a_shared_claim_is_left_alone() {
    api.client().resource(CLAIM.formatted("shared", "ReadWriteOnce")).create();
    Pod pod = (Pod) api.client().resource(POD.formatted("shared", "shared")).create();

    assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(30);
    assertThat(pod.getSpec().getContainers().get(0).getLivenessProbe()).isNull();
  }

  @Test
  void a_pod_whose_volume_alone_is_exclusive_is_mutated() {
    // the claim asks for ReadWriteOnce, the volume it is bound to was moved to ReadWriteOncePod
    api.client()
        .resource(
            VOLUME.formatted(
                "half", "ReadWriteOncePod", "csi: {driver: csi.example.org, volumeHandle: half}"))
        .create();
    api.client()
        .resource(
            CLAIM
                .formatted("half", "ReadWriteOnce")
                .replace("spec:\n", "spec:\n  volumeName: half\n  storageClassName: \"\"\n"))
        .create();
    Pod pod = (Pod) api.client().resource(POD.formatted("half", "half")).create();

    assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isZero();
  }

  @Test
  void a_label_on_a_workload_that_was_there_before_does_not_change_its_template() throws Exception {
    String manifest = STATEFUL_SET.formatted("before", MUTATED, "ReadWriteOncePod");
    api.client()
        .resource(new NamespaceBuilder().withNewMetadata().withName("late").endMetadata().build())
        .create();
    api.kubectl(manifest.replace("namespace: mutated", "namespace: late"), "apply", "-f", "-");
    api.kubectl("", "label", "namespace", "late", "rwop-guard.io/mutate=enabled");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                api.kubectl(
                        manifest
                            .replace("namespace: mutated", "namespace: late")
                            .replace("name: before", "name: fresh"),
                        "create",
                        "--dry-run=server",
                        "-o",
                        "yaml",
                        "-f",
                        "-")
                    .output()
                    .contains("livenessProbe"));

    api.kubectl("", "label", "statefulset", "before", "-n", "late", "a=b");

    StatefulSet labelled =
        api.client().apps().statefulSets().inNamespace("late").withName("before").get();
    assertThat(labelled.getMetadata().getLabels()).containsEntry("a", "b");
    assertThat(labelled.getMetadata().getGeneration()).isEqualTo(1);
  }

  private static StatefulSet statefulSet(String name) {
    return api.client().apps().statefulSets().inNamespace(MUTATED).withName(name).get();
  }
}
