package io.rwopguard.failover.record;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.fuzz.Inputs;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads the record of a failover. A record that is read has a decision and a claim, and names that
 * cannot leave their place in a request's path. It is written and read again as the same, and equal
 * JSON is the same record.
 */
public final class FailoverRecordFuzz {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private FailoverRecordFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Inputs.text(input);
    Optional<FailoverRecord> read = RecordFormat.read(text);
    Inputs.json(text)
        .ifPresent(
            json ->
                same(
                    read,
                    RecordFormat.read(Inputs.reversed(json).toString()),
                    "the order of fields changes the record"));
    read.ifPresent(
        record -> {
          check(Inputs.json(text).isPresent(), "the text is not one JSON value", text);
          same(read, RecordFormat.read(RecordFormat.write(record)), "written and read differs");
          check(record.has(Step.DECIDED), "no decision", record);
          check(!record.claim().name().isEmpty(), "no claim", record);
          Stream.concat(
                  Stream.of(record.namespace(), record.pod(), record.node()),
                  record.allClaims().stream().map(Claim::name))
              .forEach(name -> check(isPlain(name), "not a name", name));
          record.isFromFuture(NOW);
        });
  }

  private static boolean isPlain(String name) {
    return !name.isEmpty() && name.chars().allMatch(each -> isPlain((char) each));
  }

  private static boolean isPlain(char each) {
    return (each >= 'a' && each <= 'z')
        || (each >= '0' && each <= '9')
        || each == '-'
        || each == '.';
  }
}
