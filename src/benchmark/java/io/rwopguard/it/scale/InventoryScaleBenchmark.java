package io.rwopguard.it.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.it.scale.DecisionLoad.Round;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.process.Footprint;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Measures whether a large cluster makes decisions slower, and the memory that each object of it
 * takes. It is no part of the build, which it would make several minutes longer. {@code
 * docs/reports/performance.md} has the command, and what it printed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InventoryScaleBenchmark {

  private static final int FEW = 20;
  private static final int MANY = Integer.getInteger("scale.claims", 20_000);
  private static final int OTHER_PODS = MANY * 3 / 2;
  private static final int WARM_UP = Integer.getInteger("scale.warm-up", 40_000);
  private static final int REQUESTS = 10_000;
  private static final int ROUNDS = 5;

  /** Heap of a container of 512 MiB. */
  private static final Map<String, String> JVM =
      Map.of("JAVA_TOOL_OPTIONS", "-Xmx256m -XX:+UseSerialGC");

  private static final Pattern READS =
      Pattern.compile("(?m)^apiserver_request_total\\{(.*)\\} (\\S+)$");
  private static final Pattern HEAP_USED =
      Pattern.compile("(?m)^jvm_memory_used_bytes\\{area=\"heap\".*\\} (\\S+)$");

  private ApiServer api;
  private LargeCluster cluster;

  /** A service that has seen all, and how it came there. */
  private record Start(ServiceProcess service, double seconds, double peakMebibytes) {}

  @BeforeAll
  public void start() {
    api = ApiServer.running();
    cluster = new LargeCluster(api.client());
  }

  /** Measurements of one process. */
  private record Result(Start start, Round round, Footprint heap, int objects, int withClaims) {

    /** Bytes that each object more took, of all, or only of those that have to do with a claim. */
    long anObject(Result few) {
      return (heap.bytes() - few.heap.bytes()) / (objects - few.objects);
    }

    long anObjectWithClaims(Result few) {
      return (heap.bytes() - few.heap.bytes()) / (withClaims - few.withClaims);
    }
  }

  @Test
  void a_large_cluster_slows_no_decision_down_and_fits_into_memory() throws Exception {
    cluster.growTo(FEW / 2, 0);
    assertThatLiveReadsAreCounted();
    Result few;
    Result many;
    Start start = ready();
    try (ServiceProcess service = start.service()) {
      DecisionLoad load = new DecisionLoad(service);
      growTo(FEW, 0, load);
      few = measure("few", start, load, WARM_UP);
      growTo(MANY, OTHER_PODS, load);
      many = measure("many", start, load, 2 * WARM_UP + ROUNDS * REQUESTS);
    }
    Result afresh;
    Start again = ready();
    try (ServiceProcess service = again.service()) {
      DecisionLoad load = new DecisionLoad(service);
      growTo(MANY + FEW / 2, OTHER_PODS, load);
      afresh = measure("many, process started afresh", again, load, WARM_UP);
    }
    print(table(few, many, afresh));
    for (Result result : List.of(many, afresh)) {
      assertThat(result.round().inside() / few.round().inside()).isLessThan(1.5);
      assertThat(result.round().median() / few.round().median()).isLessThan(1.5);
      assertThat(result.anObjectWithClaims(few)).isLessThan(1536);
    }
  }

  /**
   * Both processes see some claims by a watch before they are measured: its first events bring code
   * and caches into memory that are no object's.
   */
  private void growTo(int claims, int otherPods, DecisionLoad load) throws Exception {
    long began = System.nanoTime();
    cluster.growTo(claims, otherPods);
    double created = secondsSince(began);
    awaitSeen(load);
    say(
        "%d objects; created in %.0f s, all seen after %.0f s"
            .formatted(cluster.objects(), created, secondsSince(began)));
  }

  private static List<String> table(Result few, Result many, Result afresh) {
    Round a = few.round();
    Round b = many.round();
    Round c = afresh.round();
    return List.of(
        "| figure | %,d claims | %,d claims | ratio | %,d claims, process started afresh | ratio |"
            .formatted(FEW, MANY, MANY),
        "|---|---:|---:|---:|---:|---:|",
        row("decision, as the service counts it, mean, µs", a.inside(), b.inside(), c.inside()),
        row("round trip, median, µs", a.median(), b.median(), c.median()),
        row("round trip, p99, µs", a.p99(), b.p99(), c.p99()),
        "| live heap, MiB | %.1f | %.1f | | %.1f | |"
            .formatted(few.heap().mebibytes(), many.heap().mebibytes(), afresh.heap().mebibytes()),
        "| live heap for each object more, bytes | | %d | | %d | |"
            .formatted(many.anObject(few), afresh.anObject(few)),
        "| the same without the Pods that use no claim, bytes | | %d | | %d | |"
            .formatted(many.anObjectWithClaims(few), afresh.anObjectWithClaims(few)),
        "| process start to ready, s | %.1f | | | %.1f | |"
            .formatted(few.start().seconds(), afresh.start().seconds()),
        "| most heap in use until ready, with garbage, MiB | %.0f | | | %.0f | |"
            .formatted(few.start().peakMebibytes(), afresh.start().peakMebibytes()));
  }

  private void awaitSeen(DecisionLoad load) {
    List<HttpRequest> requests = load.about(cluster.claims());
    Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> load.knowsUsers(requests));
  }

  private Start ready() throws IOException, InterruptedException {
    long began = System.nanoTime();
    ServiceProcess service =
        ServiceProcess.asInstalled(JVM, "rwop-guard.kubeconfig=" + api.kubeconfig());
    double most = 0;
    while (true) {
      try {
        most = Math.max(most, heapUsed(service));
        if (service.health("ready") == 200) {
          return new Start(service, secondsSince(began), most / 1048576);
        }
      } catch (IOException notListening) {
        // not yet
      }
      if (secondsSince(began) > 120) {
        service.close();
        throw new AssertionError("the service did not become ready:\n" + service.log());
      }
      Thread.sleep(50);
    }
  }

  private static double heapUsed(ServiceProcess service) throws IOException, InterruptedException {
    double sum = 0;
    Matcher pools = HEAP_USED.matcher(service.management("/q/metrics").body());
    while (pools.find()) {
      sum += Double.parseDouble(pools.group(1));
    }
    return sum;
  }

  /** Several rounds, once the service has answered so many requests in all, and from memory. */
  private Result measure(String what, Start start, DecisionLoad load, int warmUp) throws Exception {
    List<HttpRequest> requests = load.about(cluster.claims());
    load.warmUp(requests, warmUp);
    double reads = liveReads();
    List<Round> rounds = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      rounds.add(load.round(requests, REQUESTS));
    }
    say(what + ": " + rounds);
    assertThat(liveReads())
        .as("objects that the service read instead of knowing them")
        .isEqualTo(reads);
    Footprint heap = Footprint.of(start.service().pid());
    say(what + ", live heap by class:\n" + String.join("\n", heap.top()));
    return new Result(
        start, Round.median(rounds), heap, cluster.objects(), cluster.objectsWithClaims());
  }

  private void assertThatLiveReadsAreCounted() {
    double before = liveReads();
    api.client().persistentVolumes().withName(LargeCluster.volumeName(0)).get();
    assertThat(liveReads()).isEqualTo(before + 1);
  }

  /**
   * Returns how often a single object of a kind that the inventory knows was read in the API
   * server.
   */
  private double liveReads() {
    double sum = 0;
    Matcher requests = READS.matcher(api.client().raw("/metrics"));
    while (requests.find()) {
      String labels = requests.group(1);
      if (labels.contains("verb=\"GET\"")
          && labels.matches(
              ".*resource=\"(persistentvolume(claim)?s|namespaces|pods|deployments|replicasets)\".*")) {
        sum += Double.parseDouble(requests.group(2));
      }
    }
    return sum;
  }

  private static String row(String figure, double few, double many, double afresh) {
    return "| %s | %.0f | %.0f | %.2f | %.0f | %.2f |"
        .formatted(figure, few, many, many / few, afresh, afresh / few);
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private static void print(List<String> table) throws IOException {
    String text = String.join("\n", table) + "\n";
    Files.writeString(Path.of("target/inventory-scale.md"), text);
    System.out.println("\n" + text);
  }

  private static void say(String line) {
    System.err.println("[scale] " + line);
  }
}
