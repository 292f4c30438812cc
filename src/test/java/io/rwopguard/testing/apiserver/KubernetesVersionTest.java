package io.rwopguard.testing.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.process.Program;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KubernetesVersionTest {

  @Test
  void a_version_is_the_one_that_its_module_requires() {
    assertThat(KubernetesVersion.NEWEST.number()).matches("1\\.\\d+\\.\\d+");
    assertThat(KubernetesVersion.older())
        .hasSizeGreaterThan(3)
        .allSatisfy(older -> assertThat("kubernetes-" + older.name()).isEqualTo(older.module()))
        .doesNotContain(KubernetesVersion.NEWEST);
  }

  @Test
  void the_script_that_builds_in_advance_chooses_what_the_tests_choose() {
    Set<String> reached = new HashSet<>();
    int versions = KubernetesVersion.olderWithResults().size();
    assertThat(versions).isGreaterThan(1);
    for (int seed = 84_510; seed < 84_510 + 2 * versions; seed += 2) {
      ProcessBuilder script =
          new ProcessBuilder(List.of("src/testbed/kubernetes-versions", "chosen", "0" + seed));
      String chosen = Program.run(script, "", Duration.ofMinutes(1)).output().strip();
      assertThat(chosen).isEqualTo(KubernetesVersion.chosen(seed).name());
      reached.add(chosen);
    }
    assertThat(reached).hasSize(versions);
  }
}
