package io.rwopguard.it;

import static io.rwopguard.testing.apiserver.InstalledService.CLAIM;
import static io.rwopguard.testing.apiserver.InstalledService.MUTATED;
import static io.rwopguard.testing.apiserver.InstalledService.PLAIN;
import static io.rwopguard.testing.apiserver.InstalledService.POD;
import static io.rwopguard.testing.apiserver.InstalledService.STATEFUL_SET;
import static io.rwopguard.testing.apiserver.InstalledService.VOLUME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.InstalledService;
import io.rwopguard.testing.manifests.Workloads;
import io.rwopguard.testing.process.ShownCommands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The packaged service behind a real API server, called through the real webhook configurations.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdmissionThroughApiServerIT {

  private ApiServer api;
  private InstalledService service;

  @BeforeAll
  void install() throws IOException {
    api = ApiServer.running();
    service = new InstalledService(api, "rwop-guard.denial-events=true");
  }

  @AfterAll
  void uninstall() {
    service.close();
  }

  @Test
  void the_api_server_refuses_an_exclusive_host_path_volume_with_our_message() throws Exception {
    String manifest = VOLUME.formatted("by-hand", "ReadWriteOncePod", "hostPath: {path: /data}");

    KubectlResult refused = api.kubectl(manifest, "apply", "-f", "-");

    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output())
        .contains(
            "admission webhook \"volumes.validate.rwop-guard.io\" denied the request: spec.hostPath:")
        .contains("needs a CSI driver")
        .contains("(csi-only)");
    assertThat(service.log())
        .contains("denied CREATE of PersistentVolume by-hand")
        .contains("rules=csi-only");
  }

  @Test
  void a_denial_is_an_event_unless_it_was_a_dry_run() throws Exception {
    String generated =
        VOLUME
            .formatted("x", "ReadWriteOncePod", "hostPath: {path: /data}")
            .replace("{name: x}", "{generateName: generated-}");
    api.kubectl(generated, "create", "-f", "-");
    api.kubectl(CLAIM.formatted("told", "ReadWriteOncePod"), "create", "-f", "-");
    String innocent =
        Workloads.of("Deployment", "told", "replicas: 1\n  strategy: {type: Recreate}");
    api.kubectl(innocent, "create", "-n", MUTATED, "-f", "-");
    String trap = innocent.replace("replicas: 1", "replicas: 2");
    api.kubectl(
        trap.replace("name: told}", "name: dry}"),
        "create",
        "-n",
        MUTATED,
        "-f",
        "-",
        "--dry-run=server");
    api.kubectl(trap.replace("name: told}", "name: new}"), "create", "-n", MUTATED, "-f", "-");
    api.kubectl(
        "", "patch", "deployment", "told", "-n", MUTATED, "-p", "{\"spec\":{\"replicas\":2}}");

    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              assertThat(api.kubectl("", "events", "-n", MUTATED, "--types=Warning").output())
                  .contains("Denied", "Deployment/new", "denied CREATE by ", "(single-consumer)")
                  .doesNotContain("Deployment/dry");
              assertThat(api.kubectl("", "events", "-n", "default", "--types=Warning").output())
                  .contains("PersistentVolume/generated-", "(csi-only)");
              // it asks for events by the UID of the object
              assertThat(api.kubectl("", "describe", "deployment", "told", "-n", MUTATED).output())
                  .contains("denied UPDATE by ", "(single-consumer)");
            });
  }

  /** Run with {@code -DargLine=-Ddocs.update=true} to write the output again. */
  @Test
  void the_quick_start_shows_what_the_commands_print() throws Exception {
    for (Path document : List.of(Path.of("docs/getting-started.md"), Path.of("README.md"))) {
      String rerun =
          ShownCommands.rerun(document, "kubectl", command -> api.shell(command).output());
      if (Boolean.getBoolean("docs.update")) {
        Files.writeString(document, rerun);
      }
      assertThat(document).content().isEqualTo(rerun);
    }
    assertThat(api.kubectl("", "delete", "namespace", "quick-start", "--wait=false").exitCode())
        .isZero();
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
                "{name: provisioned, annotations: {pv.kubernetes.io/provisioned-by: example.org/path}}");

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
  void the_result_is_valid_for_sidecars_hooks_and_every_kind_of_check() {
    api.assumeAtLeast(30, "the sleep of a preStop hook");
    api.client().resource(CLAIM.formatted("rich", "ReadWriteOncePod")).create();
    Pod pod =
        (Pod)
            api.client()
                .resource(
                    """
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: rich, namespace: mutated}
                    spec:
                      terminationGracePeriodSeconds: 60
                      initContainers:
                        - name: prepare
                          image: prepare
                          volumeMounts: [{name: data, mountPath: /data}]
                        - name: shipper
                          image: shipper
                          restartPolicy: Always
                          volumeMounts: [{name: data, mountPath: /data}]
                          livenessProbe: {httpGet: {path: /, port: 2020}}
                      containers:
                        - name: by-command
                          image: db
                          volumeMounts: [{name: data, mountPath: /data}]
                          lifecycle: {preStop: {sleep: {seconds: 20}}}
                          livenessProbe: {exec: {command: [check]}, timeoutSeconds: 20, initialDelaySeconds: 30}
                        - name: by-grpc
                          image: db
                          volumeMounts: [{name: data, mountPath: /data}]
                          startupProbe: {grpc: {port: 9000}, failureThreshold: 100}
                        - name: by-port
                          image: db
                          ports: [{name: dns, containerPort: 53, protocol: UDP}, {containerPort: 53}]
                          volumeMounts: [{name: data, mountPath: /data}]
                        - name: bystander
                          image: metrics
                          ports: [{containerPort: 9187}]
                      volumes:
                        - name: data
                          persistentVolumeClaim: {claimName: rich}
                    """)
                .create();

    assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(60);
    assertThat(pod.getSpec().getInitContainers().get(1).getLivenessProbe())
        .satisfies(
            probe -> {
              assertThat(probe.getInitialDelaySeconds()).isEqualTo(20);
              assertThat(probe.getTerminationGracePeriodSeconds()).isEqualTo(1);
            });
    assertThat(pod.getSpec().getInitContainers().get(1).getStartupProbe()).isNull();
    assertThat(pod.getSpec().getContainers())
        .filteredOn(container -> !container.getName().equals("bystander"))
        .allSatisfy(
            container -> {
              assertThat(container.getLivenessProbe().getPeriodSeconds()).isEqualTo(5);
              assertThat(container.getLivenessProbe().getFailureThreshold()).isEqualTo(2);
              assertThat(container.getLivenessProbe().getTerminationGracePeriodSeconds())
                  .isEqualTo(1);
              assertThat(container.getStartupProbe()).isNotNull();
            });
    assertThat(pod.getSpec().getContainers().get(3).getLivenessProbe()).isNull();
  }

  @Test
  void every_kind_of_template_is_mutated_and_a_rollout_restart_works() throws Exception {
    api.client().resource(CLAIM.formatted("kinds", "ReadWriteOncePod")).create();
    for (String kind : new String[] {"Deployment", "ReplicaSet", "DaemonSet"}) {
      String manifest =
          """
          apiVersion: apps/v1
          kind: %s
          metadata: {name: kinds, namespace: mutated}
          spec:
            selector: {matchLabels: {app: kinds}}
            template:
              metadata: {labels: {app: kinds}}
              spec:
                containers:
                  - name: db
                    image: db
                    ports: [{containerPort: 5432}]
                    volumeMounts: [{name: data, mountPath: /data}]
                # a DaemonSet on an exclusive claim is refused unless it is held to one node
                nodeSelector: {kubernetes.io/hostname: one}
                volumes: [{name: data, persistentVolumeClaim: {claimName: kinds}}]
          """
              .formatted(kind);
      assertThat(api.kubectl(manifest, "apply", "-f", "-").output()).contains("created");
      String[] read = {
        "get",
        kind,
        "kinds",
        "-n",
        MUTATED,
        "-o",
        "jsonpath={.spec.template.spec.terminationGracePeriodSeconds} {.spec.template.spec.containers[0].livenessProbe.tcpSocket.port} {.metadata.generation}"
      };
      assertThat(api.kubectl("", read).output()).isEqualTo("0 5432 1");
      assertThat(api.kubectl(manifest, "apply", "-f", "-").output()).contains("unchanged");
      if (!kind.equals("ReplicaSet")) {
        assertThat(api.kubectl("", "rollout", "restart", kind + "/kinds", "-n", MUTATED).exitCode())
            .isZero();
        assertThat(api.kubectl("", read).output()).isEqualTo("0 5432 2");
      }
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

  private StatefulSet statefulSet(String name) {
    return api.client().apps().statefulSets().inNamespace(MUTATED).withName(name).get();
  }
}
