package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UsageIndexTest {

  private static final ClaimKey CLAIM = new ClaimKey("shop", "data");

  private final UsageIndex usage = new UsageIndex();

  private static Optional<ClaimConsumer> user(Kind kind, ClaimKey claim) {
    return Optional.of(
        new ClaimConsumer(
            new ObjectKey(kind, "shop", "db-0"), Optional.empty(), Set.of(claim), true));
  }

  @Test
  void each_new_pod_of_a_claim_is_noticed_and_nothing_else() {
    assertThat(usage.podsSeen(CLAIM)).isZero();
    usage.changed(Optional.empty(), user(Kind.POD, CLAIM));
    long first = usage.podsSeen(CLAIM);
    assertThat(first).isPositive();

    usage.changed(user(Kind.POD, CLAIM), user(Kind.POD, CLAIM));
    usage.changed(user(Kind.POD, CLAIM), Optional.empty());
    usage.changed(Optional.empty(), user(Kind.DEPLOYMENT, CLAIM));
    usage.changed(Optional.empty(), user(Kind.POD, new ClaimKey("shop", "other")));
    assertThat(usage.podsSeen(CLAIM)).isEqualTo(first);

    usage.changed(Optional.empty(), user(Kind.POD, CLAIM));
    assertThat(usage.podsSeen(CLAIM)).isGreaterThan(first);
  }

  @Test
  void a_limited_number_of_claims_is_remembered() {
    usage.changed(Optional.empty(), user(Kind.POD, CLAIM));
    for (int i = 0; i < UsageIndex.MOST_CLAIMS; i++) {
      usage.changed(Optional.empty(), user(Kind.POD, new ClaimKey("shop", "other-" + i)));
    }

    assertThat(usage.podsSeen(CLAIM)).isZero();
  }
}
