package io.rwopguard.failover.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecordFormatTest {

  private static final Instant NOW = Instant.parse("2026-11-24T01:02:03Z");
  private static final FailoverRecord RECORD =
      new FailoverRecord(
          "uid-0123456789",
          "shop",
          "db-0",
          "uid",
          "node-2",
          "node-uid",
          "boot",
          "2026-11-24T01:02:00.000000Z",
          List.of(new Claim("data", "claim-uid"), new Claim("log", "other-uid")),
          List.of(new Claim("archive", "third-uid")),
          "StatefulSet db",
          Optional.of(new ObjectKey(Kind.STATEFUL_SET, "shop", "db")),
          "alice",
          Map.of(Step.DECIDED, NOW),
          Optional.empty());

  @Test
  void reads_what_it_has_written() {
    assertThat(RecordFormat.read(RecordFormat.write(RECORD))).contains(RECORD);
    FailoverRecord ended = RECORD.with(Step.DELETED, NOW).endedBy(Outcome.GAVE_UP);
    assertThat(RecordFormat.read(RecordFormat.write(ended))).contains(ended);
  }

  @Test
  void nothing_else_is_a_record() {
    String written = RecordFormat.write(RECORD);
    for (String text :
        List.of(
            "",
            "{",
            "[]",
            "{}",
            written + written,
            written + " x",
            written.replace("db-0", "../../nodes/node-1"),
            written.replace("\"shop\"", "\"kube-system/pods\""),
            written.replace("\"db-0\"", "\"x\\n2026-11-24 INFO forged line\""),
            written.replace("node-2", "Node 2"),
            written.replace("2026-11-24T01:02:03Z", "now"),
            written.replace("STATEFUL_SET", "VIRTUAL_MACHINE"),
            written.replace("\"decided\"", "\"deleted\""))) {
      assertThat(RecordFormat.read(text)).as(text).isEmpty();
    }
  }

  @Test
  void a_claim_of_the_same_name_in_another_namespace_is_another_claim() {
    FailoverRecord other =
        RecordFormat.read(RecordFormat.write(RECORD).replace("\"shop\"", "\"other\""))
            .orElseThrow();
    assertThat(RECORD.sharesClaim(RECORD)).isTrue();
    assertThat(RECORD.sharesClaim(other)).isFalse();
  }
}
