package io.rwopguard.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WarningsTest {

  private static List<String> of(String message) {
    return Warnings.of(message).toList();
  }

  private static String joined(List<String> warnings) {
    return warnings.stream().collect(Collectors.joining("\n")).replace(" ...\n... ", " ");
  }

  @Test
  void a_short_message_is_one_warning() {
    assertThat(of("spec: short")).containsExactly("spec: short");
  }

  @Test
  void splits_a_long_one_where_a_clause_ends() {
    String message =
        "spec.strategy.rollingUpdate.maxUnavailable: comes to 0, so a rollout never ends for claim"
            + " data; write strategy: {type: Recreate} (rolling-update-deadlock)";

    assertThat(of(message))
        .containsExactly(
            "spec.strategy.rollingUpdate.maxUnavailable: comes to 0, so a rollout never ends for"
                + " claim data; ...",
            "... write strategy: {type: Recreate} (rolling-update-deadlock)");
  }

  @Test
  void the_guide_shows_how_a_long_warning_looks() throws IOException {
    String guide = Files.readString(Path.of("docs/guides/strictness.md"));

    assertThat(
            of(
                "spec.template.spec.volumes: claim data is ReadWriteOncePod and used by Deployment"
                    + " shop, so a Pod has to wait here; stop the other consumer first, or use a"
                    + " separate claim (claim-in-use)"))
        .hasSize(2)
        .allSatisfy(warning -> assertThat(guide).contains("Warning: " + warning + "\n"));
  }

  @Test
  void a_name_longer_than_a_warning_is_left_whole() {
    String name = "n".repeat(253);
    String message = "spec.volumes: there is no claim " + name + " in namespace shop";

    assertThat(of(message))
        .containsExactly(
            "spec.volumes: there is no claim ...", "... " + name + " ...", "... in namespace shop");
    assertThat(of(name)).containsExactly(name);
  }

  @Test
  void nothing_is_lost_or_broken_or_too_long_whatever_the_words() {
    Random random = new Random(4);
    for (int i = 0; i < 2_000; i++) {
      String message =
          random
              .ints(1 + random.nextInt(80), 1, 40)
              .mapToObj(length -> "w".repeat(length) + (random.nextInt(6) == 0 ? ";" : ""))
              .collect(Collectors.joining(" "));
      List<String> warnings = of(message);

      assertThat(joined(warnings)).isEqualTo(message);
      assertThat(warnings).allMatch(warning -> warning.length() <= Warnings.LONGEST);
    }
  }
}
