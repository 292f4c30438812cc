package io.rwopguard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private static String told(boolean terminal) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Progress progress = new Progress(out, terminal)) {
      progress.at("pods", 50, 100);
      progress.tell();
      // more than were counted
      progress.at("pods", 130, 100);
      progress.tell();
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void in_a_terminal_a_bar_moves_and_is_gone_at_the_end() {
    assertThat(told(true))
        .contains("\r\033[K[" + "#".repeat(15) + ".".repeat(15) + "] 50 of 100, pods")
        .contains("130 of 131, pods")
        .endsWith("\r\033[K");
  }

  @Test
  void shows_nothing_elsewhere() {
    assertThat(told(false)).isEmpty();
  }
}
