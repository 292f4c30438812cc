package io.rwopguard.failover.manual;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.failover.SmallCluster;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.detection.ClusterState.RequestedFailover;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.failover.record.RecordFormat;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests failovers from a node that only an operator declares dead. */
class ManualFailoversTest {

  private static final String DRIVER = "revoking.example.org";
  private static final Map<String, String> SETTINGS =
      Map.of("rwop-guard.failover.drivers.\"%s\".revokes-on-unpublish".formatted(DRIVER), "true");
  private static final String REQUEST = "rwop-guard-request-1";

  private final SmallCluster cluster = new SmallCluster(5);

  private JsonNode read(Kind kind, String name) {
    return cluster.objects.get(Resources.of(kind), "shop", name).orElseThrow();
  }

  private static String uid(JsonNode object) {
    return object.path("metadata").path("uid").asText();
  }

  /** A node stops renewing its Lease, and after half a minute its death is still not certain. */
  private void fallSilent() {
    cluster.workload("db", "node-1", DRIVER);
    cluster.start(SETTINGS, Optional.empty());
    cluster.passFor(60);
    cluster.fallSilent("node-1");
    cluster.passFor(30);
    assertThat(cluster.records()).isEmpty();
  }

  /** A node dies, and the automatic failover waits for the probes before deletion. */
  private void startAndAwaitProbes() {
    cluster.workload("db", "node-1", DRIVER);
    cluster.start(SETTINGS, Optional.empty());
    cluster.passFor(60);
    cluster.die("node-1");
    cluster.round = Round.NOT_YET;
    cluster.passFor(60);
    assertThat(record().requestedBy()).isEmpty();
  }

  private void request(Duration age) {
    request(REQUEST, "jane", age);
  }

  private void request(String name, String by, Duration age) {
    ObjectNode data = new JsonMapper().createObjectNode();
    data.put("namespace", "shop").put("pod", "db-0").put("podUid", uid(read(Kind.POD, "db-0")));
    data.put("node", "node-1").put("requestedBy", by);
    cluster
        .objects
        .get(Resources.LEASES, FailoverStore.NODE_LEASES, "node-1")
        .ifPresent(lease -> data.put("renewTime", NodeReader.renewTime(lease)));
    Claim claim = new Claim("data-db", uid(read(Kind.PERSISTENT_VOLUME_CLAIM, "data-db")));
    cluster.objects.create(
        Resources.CONFIG_MAPS,
        SmallCluster.NAMESPACE,
        ManualFailoverHandler.toJson(SmallCluster.NAMESPACE, name, claim, data));
    cluster.requests.add(new RequestedFailover(name, cluster.clocks().now().minus(age), false));
  }

  private FailoverRecord record() {
    List<String> names = cluster.records();
    assertThat(names).hasSize(1);
    return cluster
        .objects
        .get(Resources.CONFIG_MAPS, SmallCluster.NAMESPACE, names.get(0))
        .flatMap(map -> RecordFormat.read(map.path("data").path("record").asText()))
        .orElseThrow();
  }

  @Test
  void the_word_of_an_operator_is_the_second_sign() {
    fallSilent();
    request(Duration.ZERO);
    cluster.passFor(5);
    assertThat(record().requestedBy()).isEqualTo("jane");
    assertThat(cluster.hasPod("db-0")).isFalse();
  }

  /** It holds for ten minutes since it was given, and not since a controller took it up. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 9 * 60})
  void a_word_is_as_old_as_its_request(long seconds) {
    fallSilent();
    request(Duration.ofSeconds(seconds));
    Instant given = cluster.requests.get(0).created();
    cluster.passFor(1);
    assertThat(record().vouched()).isEqualTo(given);
    assertThat(record().decided()).isAfterOrEqualTo(given.plusSeconds(seconds));
  }

  @Test
  void a_word_ends_ten_minutes_after_its_request() {
    fallSilent();
    request(Duration.ofSeconds(9 * 60 + 50));
    cluster.afterRequest = this::pauseOnceStarted;
    cluster.passFor(20);
    cluster.afterRequest = () -> {};
    cluster.unpause();
    cluster.passFor(20);
    assertThat(cluster.hasPod("db-0")).isTrue();
    assertThat(cluster.said).anyMatch(text -> text.contains("more than 10 minutes old"));
  }

  private void pauseOnceStarted() {
    if (!cluster.records().isEmpty()) {
      cluster.pause("test");
    }
  }

  /** The request arrives while an automatic failover is held up, at any moment of its steps. */
  @Test
  void a_word_that_is_given_during_a_step_is_kept() {
    int moments = 0;
    while (vouchAfter(moments)) {
      moments++;
    }
    assertThat(moments).isGreaterThan(5);
  }

  /** Returns whether the controller sends so many requests in a second. */
  private static boolean vouchAfter(int requests) {
    ManualFailoversTest test = new ManualFailoversTest();
    SmallCluster cluster = test.cluster;
    test.startAndAwaitProbes();
    int[] left = {requests};
    cluster.afterRequest =
        () -> {
          if (left[0]-- == 0) {
            test.request(Duration.ZERO);
            cluster.pass();
          }
        };
    cluster.passFor(1);
    if (left[0] >= 0) {
      return false;
    }
    cluster.passFor(1);
    assertThat(test.record().requestedBy()).as("after request %d", requests).isEqualTo("jane");
    return true;
  }

  /** Two operators vouch, and their requests are answered in the order of their names. */
  @Test
  void the_later_word_counts() {
    startAndAwaitProbes();
    request("rwop-guard-request-1", "jane", Duration.ofSeconds(10));
    Instant given = cluster.requests.get(0).created();
    cluster.passFor(1);
    request("rwop-guard-request-2", "jack", Duration.ofMinutes(9));
    cluster.passFor(1);
    assertThat(record().requestedBy()).isEqualTo("jane");
    assertThat(record().vouched()).isEqualTo(given);
  }

  /** The API server's clock is ahead. */
  @Test
  void no_word_is_from_the_future() {
    fallSilent();
    request(Duration.ofMinutes(-3));
    cluster.passFor(5);
    assertThat(record().vouched()).isBeforeOrEqualTo(cluster.clocks().now());
    assertThat(cluster.hasPod("db-0")).isFalse();
  }
}
