package io.rwopguard.lint;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.manifests.Unreadable;
import io.rwopguard.rules.RuleSet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Folders as people have them: whatever is applied is read, once, and as it is applied. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RenderedFoldersIT {

  /** A claim of one Pod, and a workload that runs %d. */
  private static final String TWO =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data}
      spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: %d
        strategy: {type: Recreate}
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec:
            containers: [{name: c, image: c}]
            volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]
      """;

  private static final String DENIED = "single-consumer";

  @TempDir Path folder;

  private RealRenderer tools;

  @BeforeAll
  void find() throws IOException, InterruptedException {
    tools = new RealRenderer();
  }

  private void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private LintRun run(Optional<String> namespace, String... names) {
    return new LintRun(
        Stream.of(names).map(name -> folder.resolve(name).toString()).toList(),
        RuleSet.WITH_DEFAULTS,
        namespace,
        new EmptyInventory(),
        Optional.of(tools.of(namespace, List.of())),
        InputStream.nullInputStream());
  }

  private LintRun run(String... names) {
    return run(Optional.of("shop"), names);
  }

  private static List<String> rules(LintRun run) {
    assertThat(run.result().unreadable()).isEmpty();
    return run.result().findings().stream().map(each -> each.finding().rule()).toList();
  }

  @Test
  void a_name_in_a_kustomization_says_nothing_of_a_folder_of_that_name() throws IOException {
    write(
        "apps/kustomization.yaml",
        "{namespace: shop, resources: [web], images: [{name: postgres, newTag: '16'}]}");
    write("apps/web/kustomization.yaml", "resources: [all.yaml]");
    write("apps/web/all.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}");
    for (String other : List.of("postgres", "shop")) {
      write("apps/" + other + "/kustomization.yaml", "resources: [all.yaml]");
      write(
          "apps/" + other + "/all.yaml",
          TWO.formatted(2).replace("web", other).replace(": data", ": " + other));
    }
    assertThat(rules(run("apps"))).containsExactly(DENIED, DENIED);
  }

  @Test
  void an_overlay_that_names_a_link_uses_the_folder_behind_it() throws IOException {
    write("base/kustomization.yaml", "resources: [all.yaml]");
    write("base/all.yaml", TWO.formatted(2));
    Files.createSymbolicLink(folder.resolve("current"), Path.of("base"));
    write(
        "overlay/kustomization.yaml",
        "{resources: [../current], replicas: [{name: web, count: 1}]}");
    assertThat(rules(run(""))).isEmpty();
    assertThat(run("").result().files()).isOne();
  }

  @Test
  void base_and_overlay_that_are_both_named_are_one_thing() throws IOException {
    write("k8s/base/kustomization.yaml", "resources: [all.yaml]");
    write("k8s/base/all.yaml", TWO.formatted(2));
    write(
        "k8s/overlay/kustomization.yaml",
        "{resources: [../base], replicas: [{name: web, count: 1}]}");
    for (String[] names :
        List.of(
            new String[] {"k8s/base", "k8s/overlay"},
            new String[] {"k8s/overlay", "k8s/base"},
            new String[] {"k8s/base/kustomization.yaml", "k8s/overlay/kustomization.yaml"},
            new String[] {"k8s", "k8s/overlay"})) {
      LintRun both = run(names);
      assertThat(rules(both)).isEmpty();
      assertThat(both.result().files()).isOne();
      assertThat(both.result().alternatives()).isEmpty();
    }
  }

  @Test
  void a_kustomization_or_chart_that_is_named_by_its_file_is_rendered() throws IOException {
    write("app/kustomization.yaml", "resources: [all.yaml]");
    write("app/all.yaml", TWO.formatted(2));
    assertThat(rules(run("app/kustomization.yaml"))).containsExactly(DENIED);
    write("chart/Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}");
    write("chart/values.yaml", "replicas: 2");
    write("chart/templates/all.yaml", TWO.replace("%d", "{{ .Values.replicas }}"));
    assertThat(rules(run("chart/Chart.yaml"))).containsExactly(DENIED);
    assertThat(rules(run("chart/values.yaml"))).containsExactly(DENIED);
    assertThat(run("chart/Chart.yaml", "chart/values.yaml", "chart").result().files()).isOne();
  }

  @Test
  void reads_files_beside_the_templates_of_a_chart() throws IOException {
    write("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}");
    write("values.yaml", "replicas: 1");
    write("templates/all.yaml", TWO.replace("%d", "{{ .Values.replicas }}"));
    write("files/template.yaml", "a: {{ .Values.replicas }}\n");
    write("ci/test-values.yaml", "replicas: 2");
    write("deploy/prod/kustomization.yaml", "resources: [all.yaml]");
    write("deploy/prod/all.yaml", TWO.formatted(2).replace(": data", ": prod"));
    write("examples/all.yaml", TWO.formatted(2).replace(": data", ": example"));
    write("charts/sub/Chart.yaml", "{apiVersion: v2, name: sub, version: 1.0.0}");
    LintRun run = run("");
    assertThat(rules(run)).containsExactly(DENIED, DENIED);
    assertThat(run.result().files()).isEqualTo(3);
  }

  @Test
  void a_rendered_kustomization_is_where_its_file_is() throws IOException {
    String both = TWO.formatted(2);
    int second = both.indexOf("---\n");
    write("k8s/kustomization.yaml", "resources: [claim.yaml]");
    write("k8s/claim.yaml", both.substring(0, second));
    write("k8s/job.yaml", both.substring(second));
    write(
        "k8s/old/claim.yaml",
        both.substring(0, second).replace("ReadWriteOncePod", "ReadWriteMany"));
    assertThat(rules(run("k8s"))).containsExactly(DENIED);
  }

  /** Else helm takes the one of the kubeconfig that the machine has. */
  @Test
  void a_chart_is_rendered_for_the_namespace_that_is_assumed() throws IOException {
    write("chart/Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}");
    write(
        "chart/templates/all.yaml",
        TWO.formatted(2)
            .replace("{name: web}", "{name: web, namespace: {{ .Release.Namespace }}}"));
    assertThat(rules(run(Optional.empty(), "chart"))).containsExactly(DENIED);
  }

  @Test
  void a_kustomization_without_an_extension_that_cannot_be_read_is_said() throws IOException {
    write("app/Kustomization", "resources:\n\t- all.yaml\n");
    write("app/all.yaml", TWO.formatted(1));
    assertThat(run("app").result().unreadable())
        .singleElement()
        .extracting(Unreadable::source)
        .asString()
        .endsWith("Kustomization");
  }

  /** The path looks as below GOPATH: kustomize would fetch the repository of that name. */
  @Test
  void a_folder_that_looks_like_a_repository_is_read_from_the_disk() throws Exception {
    write("github.com/acme/shop/kustomization.yaml", "resources: [all.yaml]");
    write("github.com/acme/shop/all.yaml", TWO.formatted(2));
    Path here = Path.of("").toAbsolutePath().relativize(folder.resolve("github.com/acme/shop"));
    assertThat(tools.of(Optional.empty(), List.of()).kustomization(here).text())
        .hasValueSatisfying(text -> assertThat(text).contains("ReadWriteOncePod"));
  }

  @Test
  void a_kustomization_with_a_chart_is_said_to_need_an_option() throws IOException {
    write("app/kustomization.yaml", "helmCharts: [{name: web, releaseName: web}]");
    assertThat(run("app").result().unreadable())
        .singleElement()
        .extracting(Unreadable::problem)
        .asString()
        .contains("--enable-helm FOLDER | rwop-guard lint -");
  }

  @Test
  void a_component_that_nothing_uses_is_said_to_be_left_out() throws IOException {
    String component =
        "{apiVersion: kustomize.config.k8s.io/v1alpha1, kind: Component, resources: [all.yaml]}";
    write("app/component/kustomization.yaml", component);
    write("app/component/all.yaml", TWO.formatted(2));
    write("app/claim.yaml", TWO.formatted(1));
    LintRun run = run("app");
    String file = folder.resolve("app/component/kustomization.yaml").toString();
    assertThat(rules(run)).isEmpty();
    assertThat(run.text()).contains(file + ":1:1: note: no kustomization here uses");
    assertThat(run.json()).contains("\"reason\" : \"no kustomization here uses");
    assertThat(run.sarif("1")).contains("\"executionSuccessful\" : true", file);
    write("app/prod/kustomization.yaml", "components: [../component]");
    assertThat(run("app").result().skipped()).isEmpty();
    assertThat(rules(run("app/prod"))).containsExactly(DENIED);
  }
}
