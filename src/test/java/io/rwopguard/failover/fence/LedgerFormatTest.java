package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.rwopguard.config.FenceScope;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ledgers of which a lenient reader would lose a fence or a volume. */
class LedgerFormatTest {

  private static final String ENTRY =
      LedgerFormat.write(
          List.of(
              LedgerEntry.asked(
                  "https",
                  FenceScope.VOLUMES,
                  new FenceTarget(
                      "node-1",
                      "u1",
                      "b1",
                      "2026-01-01T00:00:00Z",
                      List.of(new FencedVolume("d", "h", "pv", "")),
                      "shop",
                      "db-0",
                      "p1"),
                  Instant.EPOCH)));

  @ParameterizedTest
  @ValueSource(strings = {"]", "[]", " fences"})
  void text_behind_the_list_is_refused(String more) {
    assertThatIllegalArgumentException().isThrownBy(() -> LedgerFormat.read("[]" + more));
    assertThatIllegalArgumentException().isThrownBy(() -> LedgerFormat.read(ENTRY + more));
  }

  @Test
  void an_entry_without_a_list_of_volumes_is_refused() {
    for (String other : new String[] {"\"no\":[", "\"volumes\":{},\"no\":["}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> LedgerFormat.read(ENTRY.replace("\"volumes\":[", other)))
          .withMessageContaining("volumes");
    }
  }
}
