package io.rwopguard.migration.kubectl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.MigrationScope.BoundClaim;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Wait;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KubectlWaitsTest {

  private static final ClaimKey CLAIM = new ClaimKey("shop", "data");
  private static final ObjectKey SET = new ObjectKey(Kind.STATEFUL_SET, "shop", "db");
  private static final MigrationScope UNIT =
      new MigrationScope(
          Optional.of(SET),
          "",
          List.of(
              new BoundClaim(CLAIM, Optional.empty(), Manifests.parse("{metadata: {name: pv}}"))));

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void lines_that_scaled_down_have_waited_until_the_claims_are_unused(boolean scaledDown) {
    for (Wait each : List.of(new Wait.PodsEnded(List.of("db-0")), new Wait.Detached())) {
      assertThat(KubectlWaits.of(each, UNIT, scaledDown))
          .isEqualTo(scaledDown ? List.of() : List.of(KubectlTests.awaitUnused(CLAIM, "pv")));
    }
  }

  @Test
  void kubectl_waits_for_what_it_can_determine() {
    assertThat(KubectlWaits.of(new Wait.SnapshotReady(CLAIM, "s"), UNIT, true))
        .containsExactly(KubectlLines.awaitReady("shop", "s"));
    assertThat(KubectlWaits.of(new Wait.ClaimDeleted(CLAIM), UNIT, true))
        .containsExactly(KubectlLines.awaitGone(CLAIM));
    assertThat(KubectlWaits.of(new Wait.ClaimBound(CLAIM), UNIT, true))
        .containsExactly(KubectlLines.awaitBound(CLAIM));
    assertThat(KubectlWaits.of(new Wait.WorkloadDeleted(SET), UNIT, true))
        .containsExactly(KubectlLines.awaitGone(SET));
  }

  @Test
  void and_refuses_the_others() {
    for (Wait each :
        List.of(
            new Wait.ChangeObserved(SET),
            new Wait.NodeReady("n1"),
            new Wait.ContainersEnded(List.of("db-0")))) {
      assertThatThrownBy(() -> KubectlWaits.of(each, UNIT, true))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("kubectl cannot determine whether " + each.text());
    }
  }

  @Test
  void kubectl_waits_for_no_object_that_the_lines_are_not_about() {
    ClaimKey claim = new ClaimKey("shop", "logs");
    for (Wait each :
        List.of(
            new Wait.SnapshotReady(claim, "s"),
            new Wait.ClaimDeleted(claim),
            new Wait.ClaimBound(new ClaimKey("bank", "data")),
            new Wait.WorkloadDeleted(new ObjectKey(Kind.DEPLOYMENT, "shop", "db")))) {
      assertThatThrownBy(() -> KubectlWaits.of(each, UNIT, true))
          .as(each.text())
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("Use --apply");
    }
  }
}
