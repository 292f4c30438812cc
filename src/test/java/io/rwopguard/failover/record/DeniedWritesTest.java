package io.rwopguard.failover.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.ForwardingClusterApi;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.report.FailoverAnnotations;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Checks that one object which the API server refuses to write delays nothing else. */
class DeniedWritesTest {

  private final MemoryCluster cluster = new MemoryCluster();
  private final ConditionLog problems = new ConditionLog(getClass(), "docs/guides/failover.md");

  /** Refuses writes to the objects with this in their name. */
  private FailoverStore refusing(String name) {
    return new FailoverStore(
        new ForwardingClusterApi(cluster) {
          @Override
          protected void beforeWrite(String object) {
            if (object.contains(name)) {
              throw new KubernetesClientException("denied", 422, null);
            }
          }
        },
        () -> true);
  }

  @Test
  void claims_of_other_shards_get_their_tokens() {
    TokenLedger ledger = new TokenLedger(refusing("-03"), "rwop-guard", Clocks.SYSTEM, problems);
    ledger.load();
    List<TokenLedger.Wish> wishes = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      wishes.add(
          new TokenLedger.Wish(
              Integer.toHexString(i) + "0".repeat(31),
              new ClaimKey("shop", "claim-" + i),
              "pv-" + i,
              "pod/" + i,
              Optional.empty()));
    }
    TokenLedger.Answer answer = ledger.settle(wishes);
    assertThat(answer.granted()).hasSize(15);
    assertThat(answer.refused().values()).singleElement().asString().contains("-03", "denied");
  }

  /** A tenant may fill the annotations of the Lease beside its claim. */
  @Test
  void the_end_of_a_failover_that_cannot_be_shown_is_reported() {
    var record = TestRecords.of("one", Instant.parse("2026-11-27T00:00:00Z"));
    cluster.create(
        Resources.LEASES,
        "shop",
        LeaseCopy.of(
            record.claim(),
            "claim-uid",
            new TokenEntry(1, "pod", record.claim(), "pv", Instant.EPOCH, Optional.empty())));
    new FailoverAnnotations(refusing("data"), problems).showEnd(record, Outcome.DONE);
    assertThat(problems.with("annotations of the Lease beside claim " + record.claim()))
        .hasValueSatisfying(text -> assertThat(text).contains("denied"));
  }
}
