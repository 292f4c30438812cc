package io.rwopguard.migration.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Step;
import org.junit.jupiter.api.Test;

class StepCounterTest {

  @Test
  void stops_repeating_what_is_undone_each_time() {
    StepCounter repeats = new StepCounter();
    for (int i = 0; i < 3; i++) {
      repeats.count(Step.RETAIN, "retain volume v");
      repeats.count(Step.RETAIN, "retain volume w");
      repeats.count(Step.KEEP_SET, "keep it");
    }
    assertThatThrownBy(() -> repeats.count(Step.RETAIN, "retain volume v"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("3 times and reverted each time: retain volume v");
    // deployments make it necessary again
    assertThat(repeats.count(Step.KEEP_SET, "keep it")).isEqualTo(4);
  }
}
