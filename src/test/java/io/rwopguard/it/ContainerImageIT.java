package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ImageProcess;
import io.rwopguard.testing.process.Sbom;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    Path log = UNPACKED.resolve("log");
    Path classes = ROOT.resolve("app/certs/classes");
    // AOTMode=on: the JVM ends where it would else continue without the cache and say nothing
    String options = "-XX:AOTMode=on -Xlog:class+load:file=/app/certs/classes";
    try (ImageProcess service =
        new ImageProcess(ROOT, entrypoint(), log, options, List.of("app/certs"))) {
      service.awaitReady();
      ProcessHandle java = service.java();
      Path seen = Path.of("/proc/" + java.pid() + "/root");
      assertThat(Files.readAllLines(Path.of("/proc/" + java.pid() + "/status")))
          .contains("Uid:\t65532\t65532\t65532\t65532")
          .anyMatch(line -> line.matches("NSpid:\t.*\t1"));
      HttpRequest review =
          HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
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
      assertThat(service.parent().waitFor(10, TimeUnit.SECONDS)).as("ended within 10 s").isTrue();
      assertThat(service.parent().exitValue()).as("SIGTERM's own code").isEqualTo(128 + 15);
      assertThat(Files.readString(log)).contains("rwop-guard stopped in").doesNotContain("WARN");
    }
    assertThat(classes).as("it was written beside the image").doesNotExist();
  }

  @Test
  void can_be_diagnosed_by_the_tools_of_the_jdk_that_it_has() throws Exception {
    Path log = UNPACKED.resolve("log-of-diagnosis");
    try (ImageProcess service =
        new ImageProcess(ROOT, entrypoint(), log, "", List.of("app/certs", "tmp"))) {
      service.awaitReady();
      String jcmd = "/opt/java/bin/jcmd";

      assertThat(service.execute(jcmd, "1", "Thread.print")).contains("vert.x-eventloop-thread-0");
      assertThat(service.execute(jcmd, "1", "GC.class_histogram")).contains("io.rwopguard.");
      service.execute(jcmd, "1", "JFR.start", "name=diagnosis", "settings=profile", "maxsize=16m");
      service.execute(jcmd, "1", "JFR.dump", "name=diagnosis", "filename=/tmp/diagnosis.jfr");
      assertThat(service.execute("/opt/java/bin/jfr", "summary", "/tmp/diagnosis.jfr"))
          .contains("jdk.ActiveRecording");
      service.execute(jcmd, "1", "JFR.stop", "name=diagnosis");
      service.execute(jcmd, "1", "GC.heap_dump", "/tmp/heap.hprof");

      Path dump = Path.of("/proc/" + service.java().pid() + "/root/tmp/heap.hprof");
      assertThat(download(service, "heap.hprof"))
          .as("the heap dump, as a port forward gets it")
          .hasSize((int) Files.size(dump))
          .startsWith("JAVA PROFILE 1.0.2".getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** Downloads a file by the web server that docs/operations/diagnostics.md shows. */
  private static byte[] download(ImageProcess service, String file) throws Exception {
    int port = ImageProcess.freePort();
    Process server =
        service
            .inContainer("/opt/java/bin/jwebserver", "-d", "/tmp", "-p", Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(UNPACKED.resolve("log-of-jwebserver").toFile())
            .start();
    try {
      URI address = URI.create("http://127.0.0.1:" + port + "/" + file);
      HttpRequest request = HttpRequest.newBuilder(address).build();
      HttpClient client = HttpClient.newHttpClient();
      return Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .failFast("jwebserver ended", () -> !server.isAlive())
          .ignoreExceptions()
          .until(
              () -> client.send(request, HttpResponse.BodyHandlers.ofByteArray()).body(),
              body -> body.length > 0);
    } finally {
      server.descendants().forEach(ProcessHandle::destroyForcibly);
      server.destroyForcibly();
    }
  }

  private List<String> entrypoint() {
    List<String> words = new ArrayList<>();
    config.get("Entrypoint").forEach(word -> words.add(word.asText()));
    return words;
  }

  private static int mode(Path file) throws IOException {
    return (int) Files.getAttribute(file, "unix:mode");
  }

  private static void run(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as(String.join(" ", command))
        .isZero();
  }
}
