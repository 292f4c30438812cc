package io.rwopguard.migration.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.LocalTime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the time of day at which migrations may start. */
class WindowTest {

  @ParameterizedTest
  @CsvSource({
    "01:00-05:00, 00:59, 1, 0",
    "01:00-05:00, 01:00, 0, 240",
    "01:00-05:00, 04:59, 0, 1",
    "01:00-05:00, 05:00, 1200, 0",
    "22:00-02:00, 21:00, 60, 0",
    "22:00-02:00, 23:00, 0, 180",
    "22:00-02:00, 00:00, 0, 120",
    "22:00-02:00, 02:00, 1200, 0",
    "23:59-00:00, 23:59, 0, 1"
  })
  void it_opens_and_closes(String window, String now, long untilOpen, long untilClosed) {
    Window of = Window.parse(window);
    assertThat(of.untilOpen(LocalTime.parse(now))).isEqualTo(Duration.ofMinutes(untilOpen));
    assertThat(of.untilClosed(LocalTime.parse(now))).isEqualTo(Duration.ofMinutes(untilClosed));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "01:00", "1-5", "01:00-25:00", "01:00-01:00", "01:00-02:00-03:00"})
  void says_what_is_no_window(String text) {
    assertThatThrownBy(() -> Window.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("invalid window \"" + text + "\"");
  }
}
