package io.rwopguard.failover.plan;

import static io.rwopguard.failover.plan.Nodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.NodeHealth.State;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests what is derived from the facts about a node. */
class NodeFactsTest {

  private static final Taint OF_A_FENCE = new Taint("example.org/fenced", "f", "NoExecute");
  private static final Taint OF_OTHERS = new Taint("example.org/fenced", "g", "NoExecute");

  private static NodeFacts tainted(Taint... taints) {
    NodeFacts node =
        node("n")
            .zone("one")
            .label("disk", "ssd")
            .annotation("a")
            .cordoned()
            .ready(Ready.UNKNOWN)
            .make();
    return new NodeFacts(
        node.name(),
        node.zone(),
        node.labels(),
        node.annotations(),
        List.of(taints),
        node.unschedulable(),
        node.ready(),
        node.shuttingDown(),
        node.kubelet());
  }

  /** A node that a fence of rwop-guard tainted is not one that another controller remediates. */
  @Test
  void the_taints_of_a_fence_are_left_out_and_nothing_else() {
    assertThat(tainted(OF_A_FENCE, OF_OTHERS).without(Set.of(OF_A_FENCE)))
        .isEqualTo(tainted(OF_OTHERS));
    assertThat(tainted(OF_OTHERS).without(Set.of(OF_A_FENCE))).isEqualTo(tainted(OF_OTHERS));
    assertThat(tainted(OF_A_FENCE).without(Set.of())).isEqualTo(tainted(OF_A_FENCE));
  }

  @Test
  void an_ipv6_address_is_recognized_and_written_in_brackets() {
    Endpoint six = new Endpoint("fd00::1", 10_250);
    Endpoint four = new Endpoint("10.0.0.1", 10_250);
    assertThat(six.isIpv6()).isTrue();
    assertThat(four.isIpv6()).isFalse();
    assertThat(six).hasToString("[fd00::1]:10250");
    assertThat(four).hasToString("10.0.0.1:10250");
  }

  @Test
  void only_a_node_that_counts_as_dead_is_failed_over() {
    assertThat(health(State.DOWN).isDown()).isTrue();
    assertThat(health(State.SUSPECT).isDown()).isFalse();
    assertThat(health(State.FINE).isDown()).isFalse();
  }

  private static NodeHealth health(State state) {
    return new NodeHealth("n", state, Duration.ofSeconds(60), "then", Optional.empty());
  }
}
