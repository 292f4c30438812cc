package io.rwopguard.lint;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.manifests.Unreadable;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.chart.Helm;
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

/** Charts and kustomizations, rendered by the real helm and by kubectl's kustomize. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RenderingIT {

  private static final Path FOLDER = Path.of("src/test/resources/lint/rendered");
  private static final String CHART = FOLDER.resolve("charts/files").toString();
  private static final String KUSTOMIZE = FOLDER.resolve("kustomize").toString();

  private RealRenderer tools;

  @BeforeAll
  void find() throws IOException, InterruptedException {
    tools = new RealRenderer();
  }

  private LintRun run(List<String> values, String... paths) {
    return run(Optional.of(tools.of(Optional.of("shop"), values)), paths);
  }

  private static LintRun run(Optional<Renderer> renderer, String... paths) {
    return new LintRun(
        List.of(paths),
        RuleSet.WITH_DEFAULTS,
        Optional.of("shop"),
        new EmptyInventory(),
        renderer,
        InputStream.nullInputStream());
  }

  private static List<String> problems(LintRun run) {
    return run.result().unreadable().stream().map(Unreadable::problem).toList();
  }

  @Test
  void a_chart_is_rendered_with_its_own_values_and_the_user_s() {
    LintRun own = run(List.of(), CHART);
    assertThat(own.result().findings()).isEmpty();
    assertThat(own.result().objects()).isEqualTo(2);
    LintRun two = run(List.of(FOLDER.resolve("charts/two.values").toString()), CHART);
    assertThat(two.text())
        .contains(CHART + " (helm template):", "(single-consumer)", "Deployment shop/files")
        .contains("from files-chart/templates/deployment.yaml");
    assertThat(two.sarif("1"))
        .contains("\"uri\" : \"%s/templates/deployment.yaml\"".formatted(CHART));
  }

  @Test
  void a_chart_in_a_folder_is_found_and_its_templates_are_not_read_as_they_are() {
    LintRun all = run(List.of(), FOLDER.resolve("charts").toString());
    assertThat(all.result().objects()).isEqualTo(2);
    // a library has nothing that could be applied
    assertThat(problems(all)).isEmpty();
    assertThat(run(Optional.empty(), CHART).result().unreadable()).isNotEmpty();
  }

  @Test
  void shows_the_error_of_helm_for_a_chart_that_it_cannot_render() {
    LintRun failed = run(List.of(FOLDER.resolve("charts/none.values").toString()), CHART);
    assertThat(problems(failed))
        .singleElement()
        .asString()
        .startsWith("helm template failed: ")
        .contains("replicas is needed", "--no-render");
    assertThat(failed.text()).contains(CHART + "/Chart.yaml:1:1: error");
  }

  @Test
  void a_packed_chart_is_rendered_where_it_is_named(@TempDir Path folder) throws Exception {
    Process packing =
        new ProcessBuilder(tools.helm(), "package", CHART, "--destination", folder.toString())
            .start();
    assertThat(packing.waitFor()).isZero();
    String packed;
    try (Stream<Path> files = Files.list(folder)) {
      packed = files.findFirst().orElseThrow().toString();
    }
    LintRun run = run(List.of(FOLDER.resolve("charts/two.values").toString()), packed);
    assertThat(run.result().objects()).isEqualTo(2);
    assertThat(run.text()).contains(packed + " (helm template):", "(single-consumer)");
    assertThat(run.sarif("1")).contains("\"uri\" : \"%s\"".formatted(packed));
    assertThat(problems(run(Optional.empty(), packed)))
        .singleElement()
        .asString()
        .contains("remove --no-render");
  }

  @Test
  void it_is_known_whether_there_was_a_chart_for_values() {
    assertThat(run(List.of(), KUSTOMIZE).hasCharts()).isFalse();
    assertThat(run(List.of(), FOLDER.toString()).hasCharts()).isTrue();
  }

  @Test
  void an_overlay_is_rendered_and_its_base_is_not_evaluated_alone() {
    LintRun both = run(List.of(), FOLDER.resolve("kustomize/overlays").toString());
    assertThat(both.result().files()).isEqualTo(2);
    LintRun all = run(List.of(), KUSTOMIZE);
    // the overlays, and the claim beside Flux' kind of the same name
    assertThat(all.result().files()).isEqualTo(4);
    assertThat(all.result().unreadable()).isEmpty();
    assertThat(all.result().findings())
        .extracting(each -> each.manifest().source() + " " + each.finding().rule())
        .containsExactlyInAnyOrder(
            KUSTOMIZE + "/overlays/prod (kubectl kustomize) single-consumer",
            KUSTOMIZE + "/plain/claim.yaml sole-access-mode");
    assertThat(all.result().alternatives())
        .singleElement()
        .satisfies(each -> assertThat(each.object().name()).isEqualTo("files"));
    assertThat(all.sarif("1"))
        .contains("\"uri\" : \"%s/overlays/prod/kustomization.yaml\"".formatted(KUSTOMIZE));
  }

  @Test
  void a_base_that_is_named_itself_is_rendered() {
    LintRun base = run(List.of(), KUSTOMIZE + "/base");
    assertThat(base.result().files()).isOne();
    assertThat(base.result().objects()).isEqualTo(2);
    assertThat(base.text()).contains("1 file, 2 objects");
  }

  @Test
  void without_the_programs_it_is_said_what_was_not_evaluated() {
    Renderer none =
        new Renderer("no-helm", "no-kustomize", "no-kubectl", Optional.empty(), List.of());
    assertThat(problems(run(Optional.of(none), CHART, KUSTOMIZE + "/base")))
        .satisfiesExactly(
            chart ->
                assertThat(chart)
                    .contains("helm is not on the PATH", "helm template files " + CHART),
            kustomization ->
                assertThat(kustomization)
                    .contains("neither kustomize nor kubectl", "kustomize build " + KUSTOMIZE));
    LintRun asTheyAre = run(Optional.empty(), KUSTOMIZE + "/base");
    assertThat(asTheyAre.result().objects()).isEqualTo(3);
  }

  @Test
  void a_kustomization_that_names_what_is_not_there_is_said_and_hides_no_other(@TempDir Path folder)
      throws IOException {
    Path broken = Files.createDirectories(folder.resolve("broken"));
    Files.writeString(broken.resolve("kustomization.yaml"), "resources: [gone.yaml]\n");
    Files.copy(FOLDER.resolve("kustomize/plain/claim.yaml"), folder.resolve("claim.yaml"));
    LintRun run = run(List.of(), folder.toString());
    assertThat(problems(run)).singleElement().asString().contains("failed", "gone.yaml");
    assertThat(run.result().findings()).hasSize(1);
  }

  @Test
  void the_chart_of_rwop_guard_has_no_findings() {
    LintRun own = run(List.of(Helm.VALUES.toString()), Helm.CHART.toString());
    assertThat(own.result().unreadable()).isEmpty();
    assertThat(own.result().findings()).isEmpty();
    assertThat(own.result().objects()).isGreaterThan(10);
  }
}
