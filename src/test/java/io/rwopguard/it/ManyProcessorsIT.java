package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ProcessSize;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Runs the packaged service with the options of its image and the memory of the chart's limit. It
 * runs on a node with 64 processors and on one with two. The limit is the same, and so is the
 * memory that it may use.
 */
class ManyProcessorsIT {

  private static final Path DOCKERFILE = Path.of("src/image/Dockerfile");
  private static final int LIMIT_MIB = 384;
  private static final int CONNECTIONS = 64;
  private static final int REQUESTS = 20;

  private static Stream<String> dockerfile(String pattern) throws IOException {
    Matcher found = Pattern.compile(pattern).matcher(Files.readString(DOCKERFILE));
    return found.results().map(each -> each.group(1)).toList().stream();
  }

  /** The image's own options and variables, with so much memory and so many processors. */
  private static Map<String, String> environment(int processors) throws IOException {
    Map<String, String> environment = new HashMap<>();
    dockerfile("(?m)^ENV (.*)$")
        .flatMap(line -> Stream.of(line.split(" ")))
        .map(each -> each.split("=", 2))
        .forEach(each -> environment.put(each[0], each[1]));
    String options =
        dockerfile("--add-options=\"([^\"]*)\"")
            .flatMap(line -> Stream.of(line.split(" ")))
            .filter(each -> !each.startsWith("-Djava.library.path"))
            .collect(Collectors.joining(" "));
    assertThat(options).contains("MaxRAMPercentage");
    environment.put(
        "JAVA_TOOL_OPTIONS",
        // the image's runtime is a newer one
        "-XX:+IgnoreUnrecognizedVMOptions %s -XX:MaxRAM=%dm -XX:ActiveProcessorCount=%d"
            .formatted(options, LIMIT_MIB, processors));
    return environment;
  }

  private static ServiceProcess start(int processors) throws IOException {
    return ServiceProcess.asInstalled(
        environment(processors), "rwop-guard.kubeconfig=" + ApiServer.running().kubeconfig());
  }

  private static void awaitReady(ServiceProcess service) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .ignoreExceptions()
        .until(() -> service.health("ready") == 200);
  }

  /** Asks over many connections at once, as long as all pools need to grow. */
  private static void load(ServiceProcess service) throws Exception {
    String review = Files.readString(Path.of("src/benchmark/requests/mutate.json"));
    ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
    try {
      List<Future<?>> asked = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        String path = i % 2 == 0 ? "mutate" : "validate";
        asked.add(
            threads.submit(
                () -> {
                  // each client has a separate connection
                  HttpClient client =
                      HttpClient.newBuilder().sslContext(Tls.trusting(service.ca())).build();
                  HttpRequest request =
                      HttpRequest.newBuilder(
                              URI.create("https://localhost:" + service.port() + "/" + path))
                          .version(HttpClient.Version.HTTP_1_1)
                          .header("Content-Type", "application/json")
                          .POST(HttpRequest.BodyPublishers.ofString(review))
                          .build();
                  for (int j = 0; j < REQUESTS; j++) {
                    assertThat(
                            client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                        .isEqualTo(200);
                  }
                  return null;
                }));
      }
      for (Future<?> each : asked) {
        each.get(2, TimeUnit.MINUTES);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void takes_up_on_64_processors_what_it_takes_up_on_two() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/maps")), "skipped: this is no Linux");
    try (ServiceProcess on64 = start(64);
        ServiceProcess on2 = start(2)) {
      awaitReady(on64);
      awaitReady(on2);
      load(on64);
      load(on2);
      ProcessSize many = ProcessSize.of(on64.pid());
      ProcessSize two = ProcessSize.of(on2.pid());
      System.out.printf(
          "[processors] 64: %d threads, %d arenas, %d KiB; 2: %d threads, %d arenas, %d KiB%n",
          many.threadCount(),
          many.arenas(),
          many.residentKib(),
          two.threadCount(),
          two.arenas(),
          two.residentKib());
      String threads =
          "threads on 64 processors: %s, on 2: %s".formatted(many.threads(), two.threads());

      assertThat(many.threadCount() / (double) two.threadCount()).as(threads).isLessThan(1.2);
      assertThat(many.arenas()).as(threads).isLessThanOrEqualTo(two.arenas() + 1);
      assertThat(many.residentKib() / (double) two.residentKib()).as(threads).isLessThan(1.15);
      assertThat(many.residentKib()).isLessThan(LIMIT_MIB * 1024L);
    }
  }
}
