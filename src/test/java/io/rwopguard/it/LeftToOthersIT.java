package io.rwopguard.it;

import static io.rwopguard.testing.controllers.ControlledCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.manifests.Workloads;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks what rwop-guard leaves alone in a namespace that opted in, with real controllers and the
 * real kubectl. That is an operator's Pods, copies for debugging, and what another program keeps
 * changing back.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeftToOthersIT {

  private static final String NAMESPACE = "operated";
  private static final String RWOP = "ReadWriteOncePod";
  private static final String LABEL = "rwop-guard.io/mutate-operators";

  private static final String PROMETHEUS =
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: prometheuses.monitoring.coreos.com}
      spec:
        group: monitoring.coreos.com
        scope: Namespaced
        names: {kind: Prometheus, plural: prometheuses}
        versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
      """;

  private ControlledCluster cluster;

  @BeforeAll
  void install() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "enabled");
    cluster.create(PROMETHEUS);
    cluster.kubectl("wait --for=condition=Established crd/prometheuses.monitoring.coreos.com");
    cluster.installService();
  }

  @AfterAll
  void uninstall() throws Exception {
    // not there where the tests were skipped
    if (cluster != null) {
      cluster.kubectl("delete crd prometheuses.monitoring.coreos.com");
      cluster.close();
    }
  }

  private Pod pod(String name) {
    return cluster.client().pods().inNamespace(NAMESPACE).withName(name).get();
  }

  private StatefulSet statefulSet(String name) {
    return cluster.client().apps().statefulSets().inNamespace(NAMESPACE).withName(name).get();
  }

  private static boolean isSetUp(Pod pod) {
    boolean probed = pod.getSpec().getContainers().get(0).getLivenessProbe() != null;
    assertThat(
            pod.getMetadata().getAnnotations() != null
                && pod.getMetadata().getAnnotations().containsKey(PodAnnotations.TRACE))
        .isEqualTo(probed);
    return probed;
  }

  /**
   * Returns the set as the Prometheus operator creates it, except for the labels. Its owner has
   * this UID.
   */
  private static String statefulSetOf(String uid) {
    return Workloads.of("StatefulSet", "metrics", "replicas: 1")
        .replace(
            "metadata: {name: metrics}",
            "metadata: {name: metrics, ownerReferences: [{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, name: k8s, uid: %s, controller: true}]}"
                .formatted(uid));
  }

  @Test
  void the_pods_of_an_operators_stateful_set_are_left_alone_until_the_namespace_asks_for_them()
      throws Exception {
    cluster.create(
        "{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {name: k8s}, spec: {}}");
    String uid = cluster.kubectl("get prometheus k8s -o jsonpath={.metadata.uid}");
    cluster.createClaim("metrics", RWOP);
    cluster.create(statefulSetOf(uid));

    Pod first = cluster.pod("metrics");
    assertThat(isSetUp(first)).isFalse();
    assertThat(first.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(30);

    cluster.kubectl("label namespace operated " + LABEL + "=enabled");
    // the label reaches the service by a watch
    String probe =
        Workloads.pod("probe", "metrics")
            .replace("{name: probe}", "{name: probe, labels: {cnpg.io/cluster: a}}")
            .replace("image: db,", "image: db, ports: [{containerPort: 5432}],");
    await()
        .until(
            () ->
                cluster
                    .attempt(probe, "create --dry-run=server -o yaml -f -")
                    .output()
                    .contains("livenessProbe"));
    cluster.kubectl("delete pod metrics-0");

    Pod second = cluster.podAfter(first);
    assertThat(isSetUp(second)).isTrue();
    assertThat(second.getSpec().getTerminationGracePeriodSeconds()).isZero();
    assertThat(statefulSet("metrics").getMetadata().getGeneration()).isEqualTo(1);
    assertThat(statefulSet("metrics").getSpec().getTemplate().getMetadata().getAnnotations())
        .isNullOrEmpty();
    cluster.kubectl("label namespace operated " + LABEL + "-");
  }

  @Test
  void a_copy_by_kubectl_debug_stays_without_probes() throws Exception {
    cluster.createClaim("debugged", RWOP);
    cluster.create(Workloads.of("StatefulSet", "debugged", "replicas: 1"));
    assertThat(isSetUp(cluster.pod("debugged"))).isTrue();

    String output =
        cluster.kubectl(
            "debug debugged-0 --copy-to=copy --image=busybox --share-processes --profile=general");

    assertThat(isSetUp(pod("copy"))).as(output).isFalse();
    assertThat(pod("copy").getSpec().getContainers().get(0).getStartupProbe()).isNull();
    assertThat(pod("copy").getSpec().getVolumes())
        .anyMatch(volume -> volume.getPersistentVolumeClaim() != null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create -f -",
        "apply -f -",
        "apply --server-side -f -",
        "replace --force -f -",
        "run by-run --image=db --port=5432 --overrides=OVERRIDES"
      })
  void every_other_command_of_kubectl_that_creates_a_pod_has_it_set_up(String command)
      throws Exception {
    String name = "by-" + command.replaceAll(" (-f|--image).*", "").replaceAll("[^a-z]+", "-");
    String claim = name.startsWith("by-run") ? "by-run" : name;
    String manifest =
        Workloads.pod(claim, claim)
            .replace("image: db,", "image: db, ports: [{containerPort: 5432}],");
    cluster.createClaim(claim, RWOP);
    String overrides =
        "{\"spec\":{\"containers\":[{\"name\":\"by-run\",\"image\":\"db\",\"ports\":[{\"containerPort\":5432}],\"volumeMounts\":[{\"name\":\"data\",\"mountPath\":\"/data\"}]}],\"volumes\":[{\"name\":\"data\",\"persistentVolumeClaim\":{\"claimName\":\"by-run\"}}]}}";

    KubectlResult result = cluster.attempt(manifest, command.replace("OVERRIDES", overrides));

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(isSetUp(pod(claim))).isTrue();
  }

  @Test
  void a_tug_of_war_over_the_grace_period_restarts_nothing() throws Exception {
    cluster.createClaim("fought", RWOP);
    cluster.create(Workloads.of("StatefulSet", "fought", "replicas: 1"));
    var edited = statefulSet("fought").getSpec();
    String patch =
        "patch statefulset fought --type=merge -p={\"spec\":{\"template\":{\"spec\":{\"terminationGracePeriodSeconds\":30}}}}";
    int patches = 0;
    while (!cluster.serviceLog().contains("the same edit")) {
      assertThat(cluster.kubectl(patch)).doesNotContain("updates reverted");
      assertThat(++patches).isLessThan(200);
    }
    assertThat(patches).isGreaterThanOrEqualTo(10);
    assertThat(cluster.serviceLog())
        .contains(
            "StatefulSet fought of namespace operated: updates reverted the same edit 10 times in an hour")
        .contains("(field manager kubectl-patch)");

    assertThat(cluster.kubectl(patch))
        .contains("Warning: StatefulSet fought of namespace operated: updates reverted");
    assertThat(statefulSet("fought").getMetadata().getGeneration()).isEqualTo(1);
    assertThat(statefulSet("fought").getSpec()).isEqualTo(edited);
    assertThat(edited.getTemplate().getSpec().getTerminationGracePeriodSeconds()).isZero();
  }
}
