package io.rwopguard.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RateLimitedLogTest {

  private static final String CATEGORY = "io.rwopguard.test.rate";

  private final java.util.logging.Logger category = java.util.logging.Logger.getLogger(CATEGORY);
  private final List<String> lines = new ArrayList<>();
  private final Queue<Runnable> minutes = new ArrayDeque<>();
  private final Handler recorder =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          lines.add(line.getLevel() + " " + line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final RateLimitedLog log =
      new RateLimitedLog(Logger.getLogger(CATEGORY), "odd requests", 2, minutes::add);

  @BeforeEach
  void record() {
    category.addHandler(recorder);
  }

  @AfterEach
  void stop() {
    category.removeHandler(recorder);
  }

  @Test
  void logs_so_many_lines_a_minute_and_the_number_of_the_others() {
    for (int i = 0; i < 5; i++) {
      log.warnf("request %d", i);
    }
    assertThat(lines).hasSize(2);
    assertThat(minutes).hasSize(1);

    minutes.remove().run();

    assertThat(lines).hasSize(3);
    assertThat(lines.get(2)).isEqualTo("WARN 3 more odd requests in the last minute");
    log.infof("request %d", 5);
    assertThat(lines).hasSize(4);
    assertThat(minutes).hasSize(1);
  }

  @Test
  void says_nothing_of_a_minute_in_which_all_lines_were_logged() {
    log.infof("request %d", 1);
    log.errorf(new IllegalStateException(), "request %d", 2);
    minutes.remove().run();

    assertThat(lines).hasSize(2);
    assertThat(minutes).isEmpty();
  }
}
