package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.manifests.WellKnownWorkloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Mutates well-known workloads. The results are committed as {@code after.yaml} with the warnings
 * on top: {@code diff} it with {@code before.yaml}. Run with {@code
 * -DargLine=-Dfixtures.update=true} to write both again, and read the difference before you commit
 * it.
 */
class WellKnownWorkloadsTest {

  static Stream<Path> workloads() {
    return WellKnownWorkloads.folders().stream();
  }

  @ParameterizedTest
  @MethodSource("workloads")
  void each_becomes_what_is_committed(Path workload) throws IOException {
    PatchBuilder draft = WellKnownWorkloads.mutate(WellKnownWorkloads.before(workload));
    String warnings =
        draft.warnings().stream()
            .map(warning -> "# Warning: " + warning + "\n")
            .collect(Collectors.joining());
    assertCommitted(
        workload.resolve("after.yaml"),
        comment(workload) + warnings + WellKnownWorkloads.write(draft.edited()));
  }

  /** Otherwise the difference between the two files would show more than what was changed. */
  @ParameterizedTest
  @MethodSource("workloads")
  void writes_what_was_before_in_the_same_style(Path workload) throws IOException {
    assertCommitted(
        workload.resolve("before.yaml"),
        comment(workload) + WellKnownWorkloads.write(WellKnownWorkloads.before(workload)));
  }

  @ParameterizedTest
  @MethodSource("workloads")
  void a_second_look_changes_nothing(Path workload) {
    JsonNode after = WellKnownWorkloads.mutate(WellKnownWorkloads.before(workload)).edited();

    assertThat(WellKnownWorkloads.mutate((ObjectNode) after).patch()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("workloads")
  void no_rule_has_anything_to_say_of_the_result(Path workload) {
    JsonNode after = WellKnownWorkloads.mutate(WellKnownWorkloads.before(workload)).edited();

    assertThat(
            RuleSet.WITH_DEFAULTS.findings(
                Manifests.facts((ObjectNode) after), Optional.empty(), new FixtureInventory()))
        .isEmpty();
  }

  /** Sidecars and init containers that have nothing to do with the volume. */
  @ParameterizedTest
  @MethodSource("workloads")
  void containers_that_do_not_write_stay_as_they_were(Path workload) {
    ObjectNode before = WellKnownWorkloads.before(workload);
    JsonNode after = WellKnownWorkloads.mutate(before).edited();
    PodTemplate template = Manifests.facts(before).podTemplate().orElseThrow();
    Set<String> claims =
        template.volumes().stream().map(volume -> volume.name()).collect(Collectors.toSet());

    for (Container container : template.containers()) {
      boolean writes =
          container.role() != Container.Role.INIT
              && container.volumes().stream().anyMatch(claims::contains);
      if (!writes) {
        assertThat(after.at(container.path().pointer())).isEqualTo(container.json());
      }
    }
  }

  /**
   * A probe that tells whether a container may be sent requests does not tell whether it is alive.
   */
  @ParameterizedTest
  @MethodSource("workloads")
  void readiness_is_neither_changed_nor_taken_for_liveness(Path workload) {
    ObjectNode before = WellKnownWorkloads.before(workload);
    JsonNode after = WellKnownWorkloads.mutate(before).edited();

    for (Container container : Manifests.facts(before).podTemplate().orElseThrow().containers()) {
      JsonNode was = container.json();
      JsonNode is = after.at(container.path().pointer());
      assertThat(is.path("readinessProbe")).isEqualTo(was.path("readinessProbe"));
      for (String handler : List.of("exec", "httpGet")) {
        JsonNode readiness = was.path("readinessProbe").path(handler);
        if (!readiness.isMissingNode()
            && !was.path("livenessProbe").path(handler).equals(readiness)) {
          assertThat(is.path("livenessProbe").path(handler)).isNotEqualTo(readiness);
        }
      }
    }
  }

  private static String comment(Path workload) throws IOException {
    return Files.readAllLines(workload.resolve("before.yaml")).stream()
        .takeWhile(line -> line.startsWith("#"))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  private static void assertCommitted(Path file, String text) throws IOException {
    if (Boolean.getBoolean("fixtures.update")) {
      Files.writeString(file, text);
    }
    assertThat(Files.readString(file)).isEqualTo(text);
  }
}
