package io.rwopguard.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rwopguard.migration.MigrationScope.BoundClaim;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WaitTest {

  private static final ClaimKey CLAIM = new ClaimKey("shop", "data");
  private static final ObjectKey SET = new ObjectKey(Kind.STATEFUL_SET, "shop", "db");
  private static final MigrationScope UNIT =
      new MigrationScope(
          Optional.of(SET),
          "",
          List.of(
              new BoundClaim(CLAIM, Optional.empty(), Manifests.parse("{metadata: {name: pv}}"))));

  @Test
  void each_condition_has_its_words() {
    assertThat(new Wait.PodsEnded(List.of("db-0", "db-1")).text())
        .isEqualTo("Pod db-0, db-1 has ended");
    assertThat(new Wait.Detached().text()).isEqualTo("the volume is detached from all nodes");
    assertThat(new Wait.ChangeObserved(SET).text())
        .isEqualTo("the controller of StatefulSet db has observed its last change");
    assertThat(new Wait.NodeReady("n1").text()).startsWith("node n1 is Ready: a Pod used the");
    assertThat(new Wait.ContainersEnded(List.of("a", "b")).text())
        .startsWith("the containers of a, b have certainly ended (");
    assertThat(new Wait.SnapshotReady(CLAIM, "s").text())
        .isEqualTo("the snapshot of claim shop/data is ready");
    assertThat(new Wait.ClaimDeleted(CLAIM).text()).isEqualTo("claim shop/data is deleted");
    assertThat(new Wait.ClaimBound(CLAIM).text()).isEqualTo("claim shop/data is bound");
    assertThat(new Wait.WorkloadDeleted(SET).text()).isEqualTo("StatefulSet db is deleted");
  }

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
