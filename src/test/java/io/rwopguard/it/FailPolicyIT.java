package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.manifests.Manifests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks what {@code failurePolicy: Fail} holds up while no replica answers: new objects that may
 * be denied, and neither the cluster's controllers nor a way out of an incident. The chart's own
 * entries are installed at a real API server, with an address where nothing listens.
 */
@OnSecondApiServer
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailPolicyIT {

  private static final String NAME = "fail-policy";
  private static final String PERSON = "jane";
  private static final String CONTROLLER = "system:serviceaccount:kube-system:some-controller";

  private static final String WORKLOAD =
      """
      apiVersion: apps/v1
      kind: %s
      metadata: {name: %s, namespace: fail-policy%s}
      spec:
        replicas: %d
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}, annotations: {%s}}
          spec:
            containers: [{name: db, image: "db:1"}]
            volumes:
              - {name: data, persistentVolumeClaim: {claimName: data}}
              - {name: settings, configMap: {name: settings-1}}
      """;

  private static final String SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: set, namespace: fail-policy}
      spec:
        replicas: 1
        serviceName: set
        selector: {matchLabels: {app: set}}
        template:
          metadata: {labels: {app: set}}
          spec: {containers: [{name: db, image: "db:1"}]}
        volumeClaimTemplates:
          - metadata: {name: data}
            spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
      """;

  private static final String DAEMON_SET =
      """
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: daemon, namespace: fail-policy}
      spec:
        selector: {matchLabels: {app: daemon}}
        template:
          metadata: {labels: {app: daemon}}
          spec:
            nodeSelector: {kubernetes.io/hostname: a}
            containers: [{name: db, image: "db:1"}]
            volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      """;

  private static final String AUTOSCALER =
      """
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: {name: %s, namespace: fail-policy}
      spec: {maxReplicas: %d, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app}}
      """;

  private static final String CRON_JOB =
      """
      apiVersion: batch/v1
      kind: CronJob
      metadata: {name: nightly, namespace: fail-policy}
      spec:
        schedule: "0 3 * * *"
        jobTemplate:
          spec:
            template:
              spec:
                restartPolicy: Never
                containers: [{name: db, image: "db:1"}]
                volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      """;

  private static final String CLAIM =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %s, namespace: fail-policy}
      spec: {accessModes: [%s], resources: {requests: {storage: 1Gi}}, volumeName: "%s"}
      """;

  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: fail-policy-%s%s}
      spec:
        accessModes: [%s]
        capacity: {storage: 1Gi}
        claimRef: {namespace: fail-policy, name: elsewhere}
        %s
      """;

  private static final String CSI = "csi: {driver: csi.example.org, volumeHandle: v}";
  private static final String HOST_PATH = "hostPath: {path: /data}";
  private static final String PROVISIONED =
      ", annotations: {pv.kubernetes.io/provisioned-by: csi.example.org}";
  private static final String OURS = "rwop-guard.io/mutate: disabled";

  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: new, namespace: fail-policy}
      spec:
        containers: [{name: db, image: db}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      """;

  private ApiServer api;

  @BeforeAll
  void install() throws Exception {
    api = ApiServer.running();
    create("{apiVersion: v1, kind: Namespace, metadata: {name: fail-policy}}");
    create(workload("Deployment", "app", "", 1, ""));
    create(workload("Deployment", "annotated", "", 1, OURS));
    create(workload("Deployment", "pair", "", 2, ""));
    create(SET);
    create(DAEMON_SET);
    create(CRON_JOB);
    create(AUTOSCALER.formatted("narrow", 1));
    create(AUTOSCALER.formatted("wide", 5));
    create(CLAIM.formatted("bound", "ReadWriteOnce", "fail-policy-bound"));
    create(CLAIM.formatted("exclusive", "ReadWriteOncePod", ""));
    create(volume("bound", "", "ReadWriteOnce", CSI));
    create(volume("provisioned", PROVISIONED, "ReadWriteOnce", CSI));
    create(volume("exclusive", "", "ReadWriteOncePod", CSI));
    Path file = Files.writeString(api.file("fail-policy.json"), entries().toString());
    KubectlResult applied = api.kubectl("", "apply", "-f", file.toString());
    assertThat(applied.exitCode()).as(applied.output()).isZero();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> isHeldUp(asked(PERSON, workload("Deployment", "new", "", 2, ""), "create")));
  }

  @AfterAll
  void remove() throws Exception {
    api.kubectl("", "delete", "validatingwebhookconfiguration", NAME);
    api.kubectl("", "delete", "pv", "fail-policy-bound", "fail-policy-exclusive", "--wait=false");
    api.kubectl("", "delete", "namespace", NAME, "--wait=false");
  }

  private void create(String manifest) throws Exception {
    KubectlResult created = api.kubectl(manifest, "create", "-f", "-");
    assertThat(created.exitCode()).as(created.output()).isZero();
  }

  private static String workload(
      String kind, String name, String owner, int replicas, String annotation) {
    return WORKLOAD.formatted(kind, name, owner, replicas, annotation);
  }

  private static String volume(String name, String annotations, String mode, String source) {
    return VOLUME.formatted(name, annotations, mode, source);
  }

  /** Returns the chart's validating entries, with an address where nothing listens. */
  private static ObjectNode entries() {
    ObjectNode configuration =
        Manifests.readAll(Path.of("src/test/resources/chart/webhooks-fail.yaml")).stream()
            .filter(each -> each.path("kind").asText().startsWith("Validating"))
            .findFirst()
            .orElseThrow();
    configuration.withObject("/metadata").put("name", NAME);
    for (JsonNode webhook : (ArrayNode) configuration.path("webhooks")) {
      ((ObjectNode) webhook).putObject("clientConfig").put("url", "https://127.0.0.1:1/validate");
    }
    return configuration;
  }

  private KubectlResult asked(String user, String manifest, String... command) throws Exception {
    List<String> line =
        new ArrayList<>(List.of("-n", NAME, "--as", user, "--as-group", "system:masters"));
    line.addAll(List.of(command));
    line.add("--dry-run=server");
    if (!manifest.isEmpty()) {
      line.addAll(List.of("-f", "-"));
    }
    return api.kubectl(manifest, line.toArray(new String[0]));
  }

  private static String json(String yaml) {
    return Manifests.parse(yaml).toString();
  }

  private static boolean isHeldUp(KubectlResult result) {
    return result.exitCode() != 0 && result.output().contains("failed calling webhook");
  }

  private void assertHeldUp(String user, String manifest, String... command) throws Exception {
    KubectlResult result = asked(user, manifest, command);
    assertThat(isHeldUp(result)).as("%s %s", List.of(command), result.output()).isTrue();
  }

  private void assertPasses(String user, String manifest, String... command) throws Exception {
    KubectlResult result = asked(user, manifest, command);
    assertThat(result.exitCode()).as("%s %s", List.of(command), result.output()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deployment app {spec: {replicas: 2}}",
        "deployment app {spec: {template: {spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: other}}]}}}}",
        "deployment app {spec: {template: {spec: {volumes: [{name: more, persistentVolumeClaim: {claimName: more}}]}}}}",
        "deployment app {spec: {template: {metadata: {annotations: {rwop-guard.io/mutate: nothing}}}}}",
        "deployment app {metadata: {annotations: {rwop-guard.io/mutate: disabled}}}",
        "deployment annotated {spec: {template: {metadata: {annotations: {rwop-guard.io/mutate: nothing}}}}}",
        "daemonset daemon {spec: {template: {spec: {nodeSelector: null}}}}",
        "cronjob nightly {spec: {jobTemplate: {spec: {template: {spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: other}}]}}}}}}",
        "hpa narrow {spec: {maxReplicas: 2}}",
        "hpa wide {spec: {scaleTargetRef: {name: pair}}}",
        "pv fail-policy-bound {spec: {accessModes: [ReadWriteOncePod]}}",
        "pv fail-policy-provisioned {spec: {accessModes: [ReadWriteOncePod]}}"
      })
  void a_change_that_may_be_denied_is_refused(String patch) throws Exception {
    String[] parts = patch.split(" ", 3);
    assertHeldUp(PERSON, "", "patch", parts[0], parts[1], "-p", json(parts[2]));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deployment app {spec: {replicas: 0}}",
        "deployment pair {spec: {replicas: 1}}",
        "deployment pair {spec: {replicas: 3}}",
        "deployment app {spec: {paused: true}}",
        "deployment app {spec: {template: {spec: {containers: [{name: db, image: 'db:2'}]}}}}",
        "deployment app {spec: {template: {spec: {volumes: [{name: settings, configMap: {name: settings-2}}]}}}}",
        "deployment app {spec: {template: {spec: {volumes: [{name: data, $patch: delete}]}}}}",
        "deployment app {spec: {template: {spec: {volumes: [{name: data, $patch: delete}, {name: renamed, persistentVolumeClaim: {claimName: data, readOnly: true}}]}}}}",
        "deployment annotated {spec: {template: {metadata: {annotations: {rwop-guard.io/mutate: null}}}}}",
        "deployment app {spec: {template: {metadata: {annotations: {kubectl.kubernetes.io/restartedAt: now}}}}}",
        "deployment app {spec: {template: {metadata: {annotations: {rwop-guard.io/mutated: '{}'}}}}}",
        "deployment app {spec: {template: {spec: {volumes: [{name: scratch, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]}}}}",
        "deployment app {spec: {strategy: {type: Recreate, rollingUpdate: null}}}",
        "deployment app {metadata: {labels: {a: b}, annotations: {a: b}}}",
        "statefulset set {spec: {replicas: 0}}",
        "statefulset set {spec: {replicas: 2}}",
        "daemonset daemon {spec: {template: {spec: {containers: [{name: db, image: 'db:2'}]}}}}",
        "cronjob nightly {spec: {suspend: true}}",
        "hpa wide {spec: {maxReplicas: 3}}",
        "hpa wide {metadata: {labels: {a: b}}}",
        "pvc bound {metadata: {labels: {a: b}}}",
        "pvc exclusive {metadata: {labels: {a: b}}}",
        "pv fail-policy-bound {spec: {persistentVolumeReclaimPolicy: Retain}}",
        "pv fail-policy-exclusive {spec: {persistentVolumeReclaimPolicy: Retain}}",
        "pv fail-policy-exclusive {spec: {accessModes: [ReadWriteOnce]}}"
      })
  void a_change_that_no_rule_denies_passes(String patch) throws Exception {
    String[] parts = patch.split(" ", 3);
    assertPasses(PERSON, "", "patch", parts[0], parts[1], "-p", json(parts[2]));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Deployment", "ReplicaSet"})
  void a_new_workload_of_a_person_is_refused_if_a_rule_may_deny_it(String kind) throws Exception {
    assertHeldUp(PERSON, workload(kind, "new", "", 2, ""), "create");
    assertHeldUp(PERSON, workload(kind, "new", "", 1, OURS), "create");
    assertPasses(PERSON, workload(kind, "new", "", 1, ""), "create");
    assertPasses(PERSON, workload(kind, "new", "", 1, "rwop-guard.io/mutated: '{}'"), "create");
    // an owner that is no controller
    String ingress =
        ", ownerReferences: [{apiVersion: extensions/v1beta1, kind: Ingress, name: i, uid: u}]";
    assertHeldUp(PERSON, workload(kind, "new", ingress, 2, ""), "create");
    // an owner that anyone can write; the service does not deny what a controller owns
    String owner =
        ", ownerReferences: [{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: r, uid: u, controller: true}]";
    assertHeldUp(PERSON, workload(kind, "new", owner, 2, ""), "create");
    for (String account : List.of("argo-rollouts:argo-rollouts", NAME + ":operator")) {
      // an operator has to go on while the service is away, wherever it runs
      String user = "system:serviceaccount:" + account;
      assertPasses(user, workload(kind, "new", owner, 2, ""), "create");
      assertHeldUp(user, workload(kind, "new", "", 2, ""), "create");
    }
  }

  @Test
  void of_other_new_objects_only_those_are_refused_that_a_rule_may_deny() throws Exception {
    assertHeldUp(PERSON, DAEMON_SET.replace("name: daemon", "name: new"), "create");
    assertPasses(PERSON, SET.replace("name: set", "name: new"), "create");
    assertPasses(PERSON, CRON_JOB.replace("name: nightly", "name: new"), "create");
    assertHeldUp(PERSON, AUTOSCALER.formatted("new", 2), "create");
    assertPasses(PERSON, AUTOSCALER.formatted("new", 1), "create");
  }

  @ParameterizedTest
  @ValueSource(strings = {CONTROLLER, "system:kube-controller-manager"})
  void the_clusters_controllers_are_never_refused(String user) throws Exception {
    assertPasses(user, workload("ReplicaSet", "new", "", 2, OURS), "create");
    assertPasses(user, DAEMON_SET.replace("name: daemon", "name: new"), "create");
    assertPasses(user, CLAIM.formatted("new", "ReadWriteOncePod", ""), "create");
    assertPasses(user, volume("new", "", "ReadWriteOncePod", HOST_PATH), "create");
    assertPasses(user, "", "patch", "deployment", "app", "-p", json("{spec: {replicas: 3}}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"system:serviceaccount:shop:a", "system:serviceaccount:kube-system2:a"})
  void other_service_accounts_are_treated_as_a_person(String user) throws Exception {
    assertHeldUp(user, workload("ReplicaSet", "new", "", 2, ""), "create");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"})
  void storage_of_other_modes_passes(String mode) throws Exception {
    assertPasses(PERSON, CLAIM.formatted("new", mode, ""), "create");
    assertPasses(PERSON, CLAIM.formatted("new", mode, "some-volume"), "create");
    assertPasses(PERSON, volume("new", "", mode, CSI), "create");
    assertPasses(PERSON, volume("new", "", mode, HOST_PATH), "create");
  }

  @Test
  void exclusive_storage_passes_unless_a_rule_may_deny_it() throws Exception {
    assertPasses(PERSON, CLAIM.formatted("new", "ReadWriteOncePod", ""), "create");
    assertPasses(PERSON, volume("new", "", "ReadWriteOncePod", CSI), "create");
    assertPasses(PERSON, volume("new", PROVISIONED, "ReadWriteOncePod", HOST_PATH), "create");
    assertHeldUp(PERSON, volume("new", "", "ReadWriteOncePod", HOST_PATH), "create");
    String empty = PROVISIONED.replace("csi.example.org", "\"\"");
    assertHeldUp(PERSON, volume("new", empty, "ReadWriteOncePod", HOST_PATH), "create");
    String inTree = "awsElasticBlockStore: {volumeID: v}";
    assertPasses(PERSON, volume("new", "", "ReadWriteOncePod", inTree), "create");
  }

  @Test
  void pods_and_scaling_always_pass() throws Exception {
    assertPasses(PERSON, POD, "create");
    assertPasses(PERSON, "", "scale", "deployment", "app", "--replicas=5");
  }
}
