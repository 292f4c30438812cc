package io.rwopguard.migration.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitTest {

  private static final ClaimKey CLAIM = new ClaimKey("shop", "data");
  private static final ObjectKey SET = new ObjectKey(Kind.STATEFUL_SET, "shop", "db");

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
}
