package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.Sbom;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Tests the image of src/image/build: its metadata, and its process as a kubelet starts it. The
 * process has no root rights, no shell, and nothing to write to but the development certificate's
 * directory.
 */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContainerImageIT {

  private static final Path BUILD = Path.of("src/image/build").toAbsolutePath();
  private static final Path UNPACKED = Path.of("target/container-image").toAbsolutePath();
  private static final Path ROOT = UNPACKED.resolve("root");
  private static final Set<Integer> CANNOT_BE_MADE_HERE = Set.of(69, 75);

  private JsonNode image;
  private JsonNode config;

  @BeforeAll
  void unpack() throws Exception {
    Process build =
        new ProcessBuilder(BUILD.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> printed = build.inputReader().lines().toList();
    int code = build.waitFor();
    assumeFalse(
        CANNOT_BE_MADE_HERE.contains(code),
        "skipped: the image cannot be made on this machine, see the line of src/image/build");
    assertThat(code).as("exit code of " + BUILD).isZero();

    run("rm", "-rf", UNPACKED.toString());
    Files.createDirectories(ROOT);
    run("tar", "-xf", printed.get(printed.size() - 1), "-C", UNPACKED.toString());
    ObjectMapper json = new ObjectMapper();
    image = json.readTree(UNPACKED.resolve("manifest.json").toFile()).get(0);
    config = json.readTree(UNPACKED.resolve(image.get("Config").asText()).toFile()).get("config");
    for (JsonNode layer : image.get("Layers")) {
      Path file = UNPACKED.resolve(layer.asText());
      run("tar", "--numeric-owner", "-xpf", file.toString(), "-C", ROOT.toString());
    }
  }

  @AfterAll
  static void remove() throws Exception {
    run("rm", "-rf", UNPACKED.toString());
  }

  @Test
  void runs_java_itself_by_number_and_not_as_root() {
    assertThat(image.get("RepoTags"))
        .singleElement()
        .satisfies(tag -> assertThat(tag.asText()).startsWith("registry.invalid/rwop-guard:"));
    assertThat(config.get("User").asText()).isEqualTo("65532:65532");
    assertThat(config.get("WorkingDir").asText()).isEqualTo("/app");
    assertThat(config.path("Cmd")).isEmpty();
    assertThat(entrypoint())
        .containsExactly(
            "/opt/java/bin/java", "-XX:AOTCache=/app/app.aot", "-jar", "/app/quarkus-run.jar");
    assertThat(config.get("ExposedPorts").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("8443/tcp", "9000/tcp");
    assertThat(config.get("Labels").fieldNames())
        .toIterable()
        .contains(
            "org.opencontainers.image.title",
            "org.opencontainers.image.version",
            "org.opencontainers.image.licenses");
  }

  @Test
  void has_the_licenses_of_all_its_parts_and_the_sbom() {
    for (String file : List.of("LICENSE", "NOTICE", "THIRD-PARTY.md")) {
      assertThat(ROOT.resolve("licenses").resolve(file)).hasSameBinaryContentAs(Path.of(file));
    }
    assertThat(ROOT.resolve("app").resolve(Sbom.FILE.getFileName()))
        .hasSameBinaryContentAs(Sbom.FILE);
    assertThat(ROOT.resolve("opt/java/legal/java.base/LICENSE"))
        .content()
        .contains("\"CLASSPATH\" EXCEPTION TO THE GPL");
  }

  @Test
  void holds_nothing_that_its_user_may_change_but_the_development_certificate() throws Exception {
    List<Path> writable = new ArrayList<>();
    for (String part : List.of("app", "licenses", "opt")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(part))) {
        for (Path file : files.filter(file -> !Files.isSymbolicLink(file)).toList()) {
          boolean others = (mode(file) & 02) != 0;
          if (others || !Files.getAttribute(file, "unix:uid").equals(0)) {
            writable.add(ROOT.relativize(file));
          }
        }
      }
    }
    assertThat(writable).containsExactly(Path.of("app/certs"));
  }

  @Test
  void answers_with_its_cache_on_a_read_only_file_system_and_ends_on_sigterm() throws Exception {
    int port = freePort();
    int managementPort = freePort();
    Path log = UNPACKED.resolve("log");
    Path classes = ROOT.resolve("app/certs/classes");
    // AOTMode=on: the JVM ends where it would else continue without the cache and say nothing
    Process unshare =
        start(
            log,
            Map.of(
                "QUARKUS_HTTP_SSL_PORT",
                "" + port,
                "QUARKUS_MANAGEMENT_PORT",
                "" + managementPort,
                "JAVA_TOOL_OPTIONS",
                "-XX:AOTMode=on -Xlog:class+load:file=/app/certs/classes"));
    try {
      HttpClient plain = HttpClient.newHttpClient();
      HttpRequest ready =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + managementPort + "/q/health/ready"))
              .version(HttpClient.Version.HTTP_1_1)
              .timeout(Duration.ofSeconds(10))
              .build();
      Awaitility.await()
          .alias("the image's service to be ready; its log is in " + log)
          .atMost(Duration.ofMinutes(1))
          .failFast("the service ended; its log is in " + log, () -> !unshare.isAlive())
          .ignoreExceptions()
          .until(
              () -> plain.send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() == 200);

      ProcessHandle java = unshare.children().findFirst().orElseThrow();
      Path seen = Path.of("/proc/" + java.pid() + "/root");
      assertThat(Files.readAllLines(Path.of("/proc/" + java.pid() + "/status")))
          .contains("Uid:\t65532\t65532\t65532\t65532")
          .anyMatch(line -> line.matches("NSpid:\t.*\t1"));
      HttpRequest review =
          HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/validate"))
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofFile(
                      Path.of("src/benchmark/requests/validate.json")))
              .build();
      HttpClient client =
          HttpClient.newBuilder()
              .sslContext(Tls.trusting(seen.resolve("app/certs/ca.crt")))
              .build();
      assertThat(client.send(review, HttpResponse.BodyHandlers.ofString()).body())
          .contains("\"allowed\":true");
      List<String> loaded = Files.readAllLines(seen.resolve("app/certs/classes"));
      assertThat(loaded.stream().filter(line -> line.contains("source: shared objects file")))
          .as("classes from the cache, of " + loaded.size())
          .hasSizeGreaterThan(loaded.size() * 9 / 10);

      java.destroy();
      assertThat(unshare.waitFor(10, TimeUnit.SECONDS)).as("ended within 10 s").isTrue();
      assertThat(unshare.exitValue()).as("SIGTERM's own code").isEqualTo(128 + 15);
      assertThat(Files.readString(log)).contains("rwop-guard stopped in").doesNotContain("WARN");
    } finally {
      unshare.descendants().forEach(ProcessHandle::destroyForcibly);
      unshare.destroyForcibly();
    }
    assertThat(classes).as("it was written beside the image").doesNotExist();
  }

  /**
   * Runs the image's entry point as the first process in separate process and mount namespaces. The
   * network is the machine's.
   */
  private Process start(Path log, Map<String, String> environment) throws IOException {
    String script =
        """
        mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" \
        && mount -t tmpfs -o uid=65532,gid=65532 none "$0/app/certs" \
        && exec unshare --pid --fork --kill-child --root="$0" --wd=/app --mount-proc \
             --setgid 65532 --setuid 65532 "$@"
        """;
    List<String> command =
        new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", script, ROOT.toString()));
    command.addAll(entrypoint());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private List<String> entrypoint() {
    List<String> words = new ArrayList<>();
    config.get("Entrypoint").forEach(word -> words.add(word.asText()));
    return words;
  }

  private static int mode(Path file) throws IOException {
    return (int) Files.getAttribute(file, "unix:mode");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as(String.join(" ", command))
        .isZero();
  }
}
