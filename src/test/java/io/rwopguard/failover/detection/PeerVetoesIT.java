package io.rwopguard.failover.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.cluster.ForwardingClusterApi;
import io.rwopguard.failover.cluster.KubernetesClusterApi;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.DeniedWrites;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks that an endpoint which one replica reaches is a veto for the others. */
class PeerVetoesIT {

  private static final String LEASE = "peer-vetoes-it";
  private static final Endpoint KUBELET = new Endpoint("10.0.0.1", 10_250);
  private static final Endpoint POD = new Endpoint("10.0.1.1", 9);

  private final KubernetesClient client = ApiServer.running().client();
  private final Replica one = new Replica("one");
  private final Replica two = new Replica("two");

  private final class Replica {
    private final Heartbeats heartbeats = new Heartbeats();
    private final Reachability reachability = new Reachability();
    private final PeerVetoes vetoes;

    /** Runs once, after the next read and before the write that follows it. */
    private Runnable between = () -> {};

    Replica(String name) {
      ClusterApi api =
          new ForwardingClusterApi(new KubernetesClusterApi(client)) {
            @Override
            protected void beforeWrite(String lease) {
              Runnable once = between;
              between = () -> {};
              once.run();
            }
          };
      vetoes = new PeerVetoes(api, "default", LEASE, "host_" + name, heartbeats, reachability, 34);
      for (String node : new String[] {"a", "b", "c"}) {
        heartbeats.seen(node, "renewed", Duration.ofSeconds(40), nanos(0));
      }
    }

    boolean hasVeto(double now) {
      return reachability.isReachedByPeer("a", "renewed", nanos(now));
    }
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  @BeforeEach
  void onlyOneIsLate() {
    client.leases().inNamespace("default").withName(LEASE).delete();
    for (Replica each : new Replica[] {one, two}) {
      each.heartbeats.seen("b", "later", Duration.ofSeconds(40), nanos(20));
      each.heartbeats.seen("c", "later", Duration.ofSeconds(40), nanos(20));
    }
  }

  private Map<String, String> annotations() {
    return client
        .leases()
        .inNamespace("default")
        .withName(LEASE)
        .get()
        .getMetadata()
        .getAnnotations();
  }

  @Test
  void nothing_is_written_while_no_node_is_late_or_none_is_reached() {
    one.vetoes.exchange(nanos(5));
    one.vetoes.exchange(nanos(20));
    assertThat(client.leases().inNamespace("default").withName(LEASE).get()).isNull();
  }

  @Test
  void a_node_that_one_reaches_is_a_veto_for_the_other_as_long_as_it_is_repeated() {
    one.reachability.tried("a", KUBELET, true, nanos(20));
    one.vetoes.exchange(nanos(20));
    two.vetoes.exchange(nanos(20.5));
    assertThat(two.hasVeto(30)).isTrue();
    assertThat(one.hasVeto(21)).as("its own report").isFalse();

    two.vetoes.exchange(nanos(25));
    assertThat(two.hasVeto(31)).as("nothing was repeated").isFalse();
    one.vetoes.exchange(nanos(26));
    two.vetoes.exchange(nanos(27));
    assertThat(two.hasVeto(36)).isTrue();
  }

  @Test
  void a_veto_concerns_one_silence_only() {
    one.reachability.tried("a", KUBELET, true, nanos(20));
    one.vetoes.exchange(nanos(20));
    two.vetoes.exchange(nanos(20.5));
    assertThat(two.reachability.isReachedByPeer("a", "renewed-again", nanos(21))).isFalse();
  }

  @Test
  void a_report_ends_when_the_node_is_not_reached_any_more() {
    one.reachability.tried("a", KUBELET, true, nanos(20));
    one.vetoes.exchange(nanos(20));
    assertThat(annotations().get(PeerVetoes.PREFIX + "one")).contains("\"a\":\"renewed\"");
    for (int i = 21; i < 28; i++) {
      one.reachability.tried("a", KUBELET, false, nanos(i));
    }
    one.vetoes.exchange(nanos(28));
    assertThat(annotations().get(PeerVetoes.PREFIX + "one")).doesNotContain("renewed");
  }

  /** A node that answered shortly before it died was decided on ten seconds later for it. */
  @Test
  void a_veto_ends_with_the_word_of_who_gave_it() {
    one.reachability.tried("a", KUBELET, true, nanos(20));
    one.vetoes.exchange(nanos(20));
    two.vetoes.exchange(nanos(20.5));
    assertThat(two.hasVeto(21)).isTrue();
    for (int i = 21; i < 28; i++) {
      one.reachability.tried("a", KUBELET, false, nanos(i));
    }
    one.vetoes.exchange(nanos(28));
    two.reachability.reachedByPeer("three", "b", "later", nanos(27));
    assertThat(two.hasVeto(28)).isTrue();
    two.vetoes.exchange(nanos(28.5));
    assertThat(two.hasVeto(28.5)).isFalse();
    assertThat(two.reachability.isReachedByPeer("b", "later", nanos(28.5))).isTrue();
    two.reachability.reachedByPeer("three", "a", "renewed", nanos(28));
    one.vetoes.exchange(nanos(29));
    two.vetoes.exchange(nanos(29.5));
    assertThat(two.hasVeto(29.5)).as("the word of another").isTrue();
  }

  /**
   * Its endpoints fail one after the other: in between, no replica can say anything of the node.
   */
  @Test
  void a_veto_ends_also_when_that_is_known_a_little_later() {
    one.reachability.keep("a", Set.of(KUBELET, POD));
    one.reachability.tried("a", POD, true, nanos(-5));
    one.reachability.tried("a", KUBELET, true, nanos(20));
    one.vetoes.exchange(nanos(20));
    two.vetoes.exchange(nanos(20.5));
    for (int i = 21; i < 27; i++) {
      one.reachability.tried("a", KUBELET, false, nanos(i));
    }
    one.reachability.tried("a", POD, false, nanos(22));
    one.vetoes.exchange(nanos(27));
    two.vetoes.exchange(nanos(27.2));
    boolean early = two.hasVeto(27.2);
    for (double i = 27; i < 29; i += 0.5) {
      one.reachability.tried("a", POD, false, nanos(i));
    }
    // a write that fails is sent again
    DeniedWrites.during(
        client,
        "/apis/coordination.k8s.io/v1/namespaces/default/leases/" + LEASE,
        () ->
            assertThatThrownBy(() -> one.vetoes.exchange(nanos(28.5)))
                .hasMessageContaining(DeniedWrites.MESSAGE));
    one.vetoes.exchange(nanos(29));
    two.vetoes.exchange(nanos(29.2));
    assertThat(early).isTrue();
    assertThat(two.hasVeto(29.2)).isFalse();
  }

  @Test
  void the_report_of_a_replica_that_is_gone_is_removed() {
    one.reachability.tried("a", KUBELET, true, nanos(20));
    one.vetoes.exchange(nanos(20));
    two.reachability.tried("a", KUBELET, true, nanos(20));
    two.vetoes.exchange(nanos(20));
    two.heartbeats.seen("b", "last", Duration.ofSeconds(40), nanos(700));
    two.heartbeats.seen("c", "last", Duration.ofSeconds(40), nanos(700));
    two.vetoes.exchange(nanos(700));
    assertThat(annotations()).containsOnlyKeys(PeerVetoes.PREFIX + "two");
  }

  @Test
  void a_report_that_was_repeated_since_it_was_read_is_not_removed() {
    two.reachability.tried("a", KUBELET, true, nanos(20));
    two.vetoes.exchange(nanos(20));
    one.reachability.tried("a", KUBELET, true, nanos(20));
    one.vetoes.exchange(nanos(20));
    for (Replica each : new Replica[] {one, two}) {
      each.heartbeats.seen("b", "last", Duration.ofSeconds(40), nanos(700));
      each.heartbeats.seen("c", "last", Duration.ofSeconds(40), nanos(700));
      each.reachability.tried("a", KUBELET, true, nanos(700));
    }
    String before = annotations().get(PeerVetoes.PREFIX + "two");
    String own = annotations().get(PeerVetoes.PREFIX + "one");
    one.between = () -> two.vetoes.exchange(nanos(700));
    one.vetoes.exchange(nanos(700));
    assertThat(annotations().get(PeerVetoes.PREFIX + "two")).isNotNull().isNotEqualTo(before);

    assertThat(annotations().get(PeerVetoes.PREFIX + "one")).isNotEqualTo(own);
    assertThat(one.hasVeto(701)).isTrue();
  }

  @Test
  void two_that_create_the_lease_at_once_both_report() {
    one.reachability.tried("a", KUBELET, true, nanos(20));
    two.reachability.tried("a", KUBELET, true, nanos(20));
    one.between = () -> two.vetoes.exchange(nanos(20));
    one.vetoes.exchange(nanos(20));
    assertThat(annotations())
        .containsOnlyKeys(PeerVetoes.PREFIX + "one", PeerVetoes.PREFIX + "two");
  }

  /** It has another UID, and a resource version may even be the same after a restore of etcd. */
  @Test
  void a_report_for_a_lease_that_was_recreated_is_sent_again() {
    one.reachability.tried("a", KUBELET, true, nanos(20));
    one.vetoes.exchange(nanos(20));
    two.reachability.tried("a", KUBELET, true, nanos(23));
    one.between =
        () -> {
          client.leases().inNamespace("default").withName(LEASE).delete();
          two.vetoes.exchange(nanos(23));
        };
    one.vetoes.exchange(nanos(23));
    assertThat(annotations())
        .containsOnlyKeys(PeerVetoes.PREFIX + "one", PeerVetoes.PREFIX + "two");
  }
}
