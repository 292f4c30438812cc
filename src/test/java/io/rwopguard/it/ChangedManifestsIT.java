package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.manifests.Workloads;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Applies, mutates, changes and reapplies manifests like kubectl, Helm and GitOps tools. A real API
 * server merges them and keeps what a manifest does not name.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChangedManifestsIT {

  private static final String NAMESPACE = "manifests";
  private static final String RECREATE = "strategy: {type: Recreate}";

  private ControlledCluster cluster;
  private int number;

  private String name;
  private String manifest;

  @BeforeAll
  void install() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "enabled");
    cluster.installService();
  }

  @AfterAll
  void uninstall() {
    // not there where the tests were skipped
    if (cluster != null) {
      cluster.close();
    }
  }

  private void first(String strategy, String apply) throws IOException, InterruptedException {
    name = "m" + number++;
    cluster.createClaim(name, "ReadWriteOncePod");
    manifest = Workloads.of("Deployment", name, strategy);
    apply(apply);
    assertThat(container().getLivenessProbe().getTcpSocket().getPort().getIntVal()).isEqualTo(5432);
    assertThat(spec().getTerminationGracePeriodSeconds()).isZero();
  }

  private void apply(String apply) throws IOException, InterruptedException {
    ApiServer.KubectlResult result = cluster.attempt(manifest, apply + " -f -");
    assertThat(result.exitCode()).as(result.output()).isZero();
  }

  private Deployment deployment() {
    return cluster.client().apps().deployments().inNamespace(NAMESPACE).withName(name).get();
  }

  private PodSpec spec() {
    return deployment().getSpec().getTemplate().getSpec();
  }

  private Container container() {
    return spec().getContainers().get(0);
  }

  private String annotation(String annotation) {
    var annotations = deployment().getSpec().getTemplate().getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(annotation);
  }

  @ParameterizedTest
  @ValueSource(strings = {"apply", "apply --server-side"})
  void a_probe_that_is_added_later_takes_the_place_of_ours(String apply) throws Exception {
    first(RECREATE, apply);

    manifest =
        manifest.replace(
            "image: db",
            "image: db\n          livenessProbe: {httpGet: {path: /healthz, port: 8080}}");
    apply(apply);

    assertThat(container().getLivenessProbe().getTcpSocket()).isNull();
    assertThat(container().getLivenessProbe().getHttpGet().getPath()).isEqualTo("/healthz");
    assertThat(container().getLivenessProbe().getPeriodSeconds()).isEqualTo(5);
    assertThat(container().getStartupProbe().getHttpGet().getPath()).isEqualTo("/healthz");
  }

  @ParameterizedTest
  @ValueSource(strings = {"apply", "apply --server-side"})
  void a_port_that_is_changed_later_is_the_one_that_is_asked(String apply) throws Exception {
    first(RECREATE, apply);

    manifest = manifest.replace("containerPort: 5432", "containerPort: 5433");
    apply(apply);

    assertThat(container().getLivenessProbe().getTcpSocket().getPort().getIntVal()).isEqualTo(5433);
    assertThat(container().getStartupProbe().getTcpSocket().getPort().getIntVal()).isEqualTo(5433);
  }

  @ParameterizedTest
  @ValueSource(strings = {"apply", "apply --server-side"})
  void annotations_that_are_added_later_bring_back_what_was_there(String apply) throws Exception {
    first(RECREATE, apply);
    String labels = "metadata: {labels: {app: %s}".formatted(name);

    manifest = manifest.replace(labels, labels + ", annotations: {rwop-guard.io/grace: probe}");
    apply(apply);
    assertThat(spec().getTerminationGracePeriodSeconds()).isEqualTo(30);
    assertThat(container().getLivenessProbe().getTerminationGracePeriodSeconds()).isEqualTo(1);

    manifest = manifest.replace("rwop-guard.io/grace: probe", "rwop-guard.io/mutate: disabled");
    apply(apply);
    assertThat(container().getLivenessProbe()).isNull();
    assertThat(container().getStartupProbe()).isNull();
    assertThat(annotation("rwop-guard.io/mutated")).isNull();

    manifest = manifest.replace(", annotations: {rwop-guard.io/mutate: disabled}", "");
    apply(apply);
    assertThat(container().getLivenessProbe()).isNotNull();
    assertThat(spec().getTerminationGracePeriodSeconds()).isZero();
    assertThat(annotation("rwop-guard.io/mutated")).contains("liveness");
  }

  @ParameterizedTest
  @ValueSource(strings = {"apply", "apply --server-side --force-conflicts"})
  void fixes_a_strategy_that_would_deadlock_again_without_a_restart(String apply) throws Exception {
    first("minReadySeconds: 0", apply);
    assertThat(deployment().getSpec().getStrategy().getType()).isEqualTo("Recreate");
    var template = deployment().getSpec().getTemplate();

    manifest =
        manifest.replace(
            "minReadySeconds: 0",
            "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}");
    apply(apply);

    assertThat(deployment().getSpec().getStrategy().getType()).isEqualTo("Recreate");
    assertThat(deployment().getSpec().getTemplate()).isEqualTo(template);
  }

  /** Kubectl and Helm 4, Argo CD and Flux with their managers. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "apply --server-side",
        "apply --server-side --force-conflicts --field-manager=argocd-controller",
        "apply --server-side --force-conflicts --field-manager=kustomize-controller"
      })
  void limits_without_a_type_are_applied_again_and_again(String apply) throws Exception {
    first("strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}", apply);
    assertRecreate();
    apply(apply);
    assertRecreate();

    change("image: db", "image: db:2", apply);
    assertRecreate();
    change("maxUnavailable: 0", "maxUnavailable: 1", apply);
    assertThat(deployment().getSpec().getStrategy().getType()).isEqualTo("RollingUpdate");
    change("maxUnavailable: 1", "maxUnavailable: 0", apply);
    assertRecreate();
    change("strategy: {rolling", "strategy: {type: RollingUpdate, rolling", apply);
    assertRecreate();
    change("image: db:2", "image: db:3", apply);
    assertRecreate();
  }

  @ParameterizedTest
  @ValueSource(strings = {"apply", "apply --server-side --force-conflicts"})
  void a_strategy_that_its_author_chooses_later_stays(String apply) throws Exception {
    first("minReadySeconds: 0", apply);
    assertRecreate();
    change(
        "minReadySeconds: 0", "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}", apply);
    var chosen = deployment().getSpec().getStrategy();
    change("image: db", "image: db:2", apply);
    assertThat(deployment().getSpec().getStrategy()).isEqualTo(chosen);
    assertThat(chosen.getRollingUpdate().getMaxUnavailable().getIntVal()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"apply", "apply --server-side"})
  void the_strategy_that_was_set_stays_once_its_author_has_written_it(String apply)
      throws Exception {
    first("minReadySeconds: 0", apply);
    assertRecreate();
    change("minReadySeconds: 0", RECREATE, apply);
    cluster.createClaim(name + "-shared", "ReadWriteOnce");

    change("claimName: " + name, "claimName: " + name + "-shared", apply);

    assertRecreate();
    assertThat(container().getLivenessProbe()).isNull();
  }

  private void change(String before, String after, String apply) throws Exception {
    manifest = manifest.replace(before, after);
    apply(apply);
  }

  private void assertRecreate() {
    assertThat(deployment().getSpec().getStrategy().getType()).isEqualTo("Recreate");
    assertThat(deployment().getSpec().getStrategy().getRollingUpdate()).isNull();
  }
}
