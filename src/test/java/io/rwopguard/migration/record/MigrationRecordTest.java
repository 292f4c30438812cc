package io.rwopguard.migration.record;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tests the record of a move that a volume has. */
class MigrationRecordTest {

  private static final String EARLIER =
      "{\"namespace\":\"shop\",\"name\":\"data\",\"ofReplicas\":[],\"since\":\"2026-11-28T00:00:00Z\"}";

  /** A move of an earlier version may be halfway, and is not withdrawn. */
  @Test
  void a_move_that_an_earlier_version_has_started_may_have_changed_anything() {
    MigrationRecord earlier = MigrationRecord.parse(EARLIER);
    assertThat(earlier.alone()).isTrue();
    assertThat(MigrationRecord.parse(earlier.toJson())).isEqualTo(earlier);
    MigrationRecord first = MigrationRecord.parse(EARLIER.replace("}", ",\"alone\":false}"));
    assertThat(first.alone()).isFalse();
    assertThat(MigrationRecord.parse(first.toJson()).alone()).isFalse();
    assertThat(MigrationRecord.parse(first.seenAlone().toJson()).alone()).isTrue();
  }
}
