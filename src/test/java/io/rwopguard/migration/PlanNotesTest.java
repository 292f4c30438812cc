package io.rwopguard.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the notes about the move itself. */
class PlanNotesTest {

  @ParameterizedTest
  @CsvSource({
    "PT59S, 0 minutes",
    "PT5M59S, 5 minutes",
    "PT119M, 119 minutes",
    "PT120M, 2 hours",
    "PT47H59M, 47 hours",
    "PT48H, 2 days",
    "PT5000H, 208 days"
  })
  void the_age_of_a_move_has_the_unit_that_people_would_use(Duration age, String text) {
    assertThat(PlanNotes.age(age)).isEqualTo(text);
  }
}
