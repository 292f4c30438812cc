package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.testing.Sample;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.FailoverCluster;
import io.rwopguard.testing.nodes.OnQuietMachine;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.ResultTable;
import io.rwopguard.testing.nodes.Writers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Measures how long there is no writer after a node's death, at random moments, with stock
 * kubelets. A run has one death for each way. {@code -DargLine=-Dtables=whole} has twenty, and
 * {@code -Ddeaths=NUMBER} as many as it says.
 */
@OnQuietMachine
@Sampled(methods = 2)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailoverDeathsOnClusterIT {

  private static final int DEATHS = Integer.getInteger("deaths", Sample.isWhole() ? 20 : 0);
  private static final boolean WHOLE = DEATHS > 0;

  /** Limit that failover promises for each death, and the limit for twenty. */
  private static final Duration WITHIN = Duration.ofSeconds(DEATHS < 20 ? 30 : 24);

  private static final String WRITER = "db";
  private static final JsonMapper JSON = new JsonMapper();
  private static final SplittableRandom RANDOM = Sample.ofThisRun().random("deaths");
  private static final ResultTable TABLE =
      new ResultTable(
          "failover-deaths",
          "way",
          "deaths",
          "no writer for, median",
          "p95",
          "longest",
          "of it until decided, median",
          "until released, median",
          "two writers");
  private static final ResultTable EACH =
      new ResultTable(
          "failover-each-death", "way", "node", "what ran there too", "no writer for", "timeline");

  private FailoverCluster failover;

  @BeforeAll
  void start() {
    failover = new FailoverCluster();
    failover.createNamespace();
  }

  @AfterAll
  void stop() {
    if (failover != null) {
      failover.leave();
    }
  }

  @Test
  @Order(1)
  void a_node_taken_out_of_service() throws Exception {
    deaths("`out-of-service`", WHOLE ? DEATHS : 1, "failover.release=out-of-service");
  }

  /** The last one of a run: the next class has the same settings and restarts no Pod. */
  @Test
  @Order(2)
  void a_volume_taken_out_of_those_in_use() throws Exception {
    deaths("`volume`", WHOLE ? DEATHS : 1, "failover.release=volume");
  }

  @Test
  @Order(3)
  void twenty_seconds_of_patience() throws Exception {
    if (WHOLE) {
      deaths(
          "`volume`, suspect after 20 s",
          5,
          "failover.release=volume",
          "settings.rwop-guard\\.failover\\.suspect-after=20s");
    }
  }

  private record Death(Duration silence, Duration twoWriters, JsonNode timeline) {}

  private void deaths(String way, int count, String... settings) throws Exception {
    failover.deploy(settings);
    failover.writers.start(WRITER, "fenced");
    List<Death> deaths = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        deaths.add(die(way));
      }
      // a single slow one may be the machine's: of three the one in the middle counts
      while (!WHOLE && deaths.size() < 3 && longest(deaths).compareTo(WITHIN) > 0) {
        deaths.add(die(way));
      }
    } finally {
      failover.calm();
      failover.writers.stop(WRITER);
    }
    report(way, deaths);
    assertThat(deaths).allMatch(death -> death.twoWriters().isZero());
    List<Duration> silences = deaths.stream().map(Death::silence).sorted().toList();
    // of twenty the one but slowest
    assertThat(silences.get(percentile(silences.size(), WHOLE ? 95 : 50)))
        .as("time without a writer: %s", silences)
        .isLessThanOrEqualTo(WITHIN);
  }

  private static Duration longest(List<Death> deaths) {
    return deaths.stream().map(Death::silence).max(Duration::compareTo).orElse(Duration.ZERO);
  }

  private Death die(String way) throws JsonProcessingException {
    failover.calm();
    RealCluster.await().until(() -> failover.writers.writesNow(WRITER));
    RealCluster.pause(Duration.ofMillis(RANDOM.nextInt(10_000)));
    String node = failover.writers.node(WRITER);
    String there =
        failover.leader().map(pod -> pod.getSpec().getNodeName().equals(node)).orElse(false)
            ? "the leader"
            : failover.replicasNodes().contains(node) ? "a replica" : "-";
    String before = failover.leaseOf(WRITER).getOrDefault("rwop-guard.io/last-failover", "");
    double killed = Writers.now();
    failover.cluster.node("kill", node);
    RealCluster.await().until(() -> failover.writers.successorWrites(WRITER, killed));
    RealCluster.await()
        .until(
            () ->
                !failover
                    .leaseOf(WRITER)
                    .getOrDefault("rwop-guard.io/last-failover", "")
                    .equals(before));
    failover.cluster.node("heal", node);
    RealCluster.pause(Duration.ofSeconds(12));
    Writers.Writing writing = failover.writers.read(WRITER);
    Death death =
        new Death(
            writing.longestSilence(killed),
            writing.twoWriters(killed),
            JSON.readTree(failover.leaseOf(WRITER).get("rwop-guard.io/last-failover")));
    EACH.add(
        way,
        node,
        there,
        seconds(death.silence()),
        "`%s`".formatted(sinceSilent(death.timeline())));
    return death;
  }

  private static void report(String way, List<Death> deaths) {
    TABLE.add(
        way,
        Integer.toString(deaths.size()),
        seconds(of(deaths.stream().map(Death::silence).toList(), 50)),
        seconds(of(deaths.stream().map(Death::silence).toList(), 95)),
        seconds(of(deaths.stream().map(Death::silence).toList(), 100)),
        seconds(
            of(deaths.stream().map(d -> between(d.timeline(), "silent", "decided")).toList(), 50)),
        seconds(
            of(deaths.stream().map(d -> between(d.timeline(), "silent", "detached")).toList(), 50)),
        deaths.stream().allMatch(death -> death.twoWriters().isZero())
            ? "never"
            : seconds(of(deaths.stream().map(Death::twoWriters).toList(), 100)));
  }

  private static Duration of(List<Duration> durations, int percent) {
    List<Duration> sorted = durations.stream().sorted().toList();
    return sorted.get(percentile(sorted.size(), percent));
  }

  /** The index of the value that so many percent do not exceed. */
  private static int percentile(int size, int percent) {
    return Math.max(0, (int) Math.ceil(size * percent / 100.0) - 1);
  }

  static Duration between(JsonNode timeline, String from, String to) {
    return Duration.between(
        Instant.parse(timeline.path(from).asText()), Instant.parse(timeline.path(to).asText()));
  }

  /** Each step's time since the node's last sign of life. */
  static String sinceSilent(JsonNode timeline) {
    List<String> steps = new ArrayList<>();
    for (String step :
        List.of("decided", "tainted", "deleted", "released", "detached", "running")) {
      if (timeline.has(step)) {
        steps.add(step + " " + seconds(between(timeline, "silent", step)));
      }
    }
    return String.join(", ", steps);
  }

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }

  @Test
  @Order(4)
  void stock_settings_and_settings_alone_beside_it() {
    if (!WHOLE) {
      return;
    }
    failover.deploy("failover.mode=observe");
    failover.writers.start("stock", "fenced");
    failover.writers.start(
        "hasty",
        "fenced",
        "tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 10}, {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 10}]",
        0);
    beside("stock settings", "stock", Duration.ofSeconds(60));
    beside("grace 0 and 10 s tolerations, and nothing else", "hasty", Duration.ofMinutes(8));
    failover.writers.stop("stock");
    failover.writers.stop("hasty");
  }

  private void beside(String way, String writer, Duration patience) {
    failover.calm();
    String node = failover.writers.node(writer);
    double killed = Writers.now();
    failover.cluster.node("kill", node);
    while (Writers.now() - killed < patience.toSeconds()
        && !failover.writers.successorWrites(writer, killed)) {
      RealCluster.pause(Duration.ofSeconds(1));
    }
    boolean came = failover.writers.successorWrites(writer, killed);
    RealCluster.pause(Writers.BREATH);
    String silence =
        came
            ? seconds(failover.writers.read(writer).longestSilence(killed))
            : "not yet after %d s".formatted(patience.toSeconds());
    failover.cluster.node("heal", node);
    TABLE.add(way, "1", silence, "", "", "", "", "");
  }
}
