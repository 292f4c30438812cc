package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** A later leader has the greater numbers. */
class FenceSequenceTest {

  private final StoredConfigMaps store = new StoredConfigMaps();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private long wins = 1;

  private FenceSequence replica() {
    return new FenceSequence(store, "guard", () -> wins, () -> now);
  }

  @Test
  void no_record_of_a_node_has_its_name() {
    assertThat(FenceSequence.NAME).doesNotStartWith(FenceLedger.nameOf(""));
  }

  @Test
  void numbers_grow_within_a_term_and_beyond_a_block() {
    FenceSequence replica = replica();
    long before = replica.getAsLong();
    for (int i = 0; i < 2 * FenceSequence.BLOCK + 1; i++) {
      long next = replica.getAsLong();
      assertThat(next).isGreaterThan(before);
      before = next;
    }
  }

  @Test
  void a_replica_that_leads_again_uses_none_of_its_earlier_numbers() {
    FenceSequence first = replica();
    FenceSequence second = replica();
    long early = first.getAsLong();
    long late = second.getAsLong();
    assertThat(late).isGreaterThan(early);
    wins++;
    assertThat(first.getAsLong()).isGreaterThan(late);
  }

  @Test
  void no_clock_makes_a_number_smaller() {
    long before = replica().getAsLong();
    now = now.minusSeconds(3600);
    long next = replica().getAsLong();
    assertThat(next).isGreaterThan(before);
    // a new installation, or a backup that was restored
    store.stored.clear();
    now = now.plusSeconds(7200);
    assertThat(replica().getAsLong()).isGreaterThan(next);
  }

  /** A policy guards what has the label alone. */
  @Test
  void no_number_is_read_from_a_map_without_the_label() {
    FenceSequence replica = replica();
    replica.getAsLong();
    store.stored.get(FenceSequence.NAME).withObject("/metadata").remove("labels");
    wins++;
    assertThatThrownBy(replica::getAsLong)
        .hasMessageContaining("ConfigMap guard/" + FenceSequence.NAME, "delete it");
  }

  @Test
  void a_number_that_was_not_stored_is_not_used() {
    FenceSequence replica = replica();
    replica.getAsLong();
    wins++;
    store.beforeWrite = () -> store.touch(FenceSequence.NAME);
    assertThatThrownBy(replica::getAsLong).hasMessageContaining("is read again");
    assertThat(replica.getAsLong()).isPositive();
    store.stored.get(FenceSequence.NAME).withObject("/data").put("next", "many");
    wins++;
    assertThatThrownBy(replica::getAsLong)
        .hasMessageContaining("ConfigMap guard/" + FenceSequence.NAME, "delete it");
  }
}
