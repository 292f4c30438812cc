package io.rwopguard.it.scale;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.process.PackagedProgram;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Measures the time and memory that an audit of a large cluster takes. It is no part of the build:
 * {@code docs/reports/performance.md} has the command, and what it printed.
 */
class AuditScaleBenchmark {

  private static final int CLAIMS = Integer.getInteger("scale.claims", 5_000);

  /** Only a full one tells what is alive: the others leave garbage among the old. */
  private static final Pattern COLLECTION = Pattern.compile("Pause Full.* \\d+M->(\\d+)M\\(");

  @Test
  void an_audit_of_a_large_cluster_fits_into_memory() throws Exception {
    ApiServer api = ApiServer.running();
    LargeCluster cluster = new LargeCluster(api.client());
    cluster.growTo(CLAIMS, CLAIMS * 3 / 2);
    Path collections = Path.of("target/audit-gc.log").toAbsolutePath();
    Files.deleteIfExists(collections);
    long start = System.nanoTime();
    Process audit =
        new ProcessBuilder(
                PackagedProgram.asInstalled(
                    List.of(
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-Xlog:gc:file=" + collections,
                        "-Drwop-guard.kubeconfig=" + api.kubeconfig()),
                    "audit",
                    "--format",
                    "json",
                    "--fail-on",
                    "never"))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(audit.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(audit.waitFor()).isZero();
    double seconds = (System.nanoTime() - start) / 1e9;
    JsonNode summary = new JsonMapper().readTree(output).path("summary");
    assertThat(summary.path("objects").asInt()).isGreaterThanOrEqualTo(cluster.objects());
    int left = 0;
    Matcher collection = COLLECTION.matcher(Files.readString(collections));
    while (collection.find()) {
      left = Math.max(left, Integer.parseInt(collection.group(1)));
    }
    System.err.printf(
        "%s: %.1f s, most left by a full collection %d MiB%n", summary, seconds, left);
    // what is read lives on for as long as a page does, and records for good
    assertThat(left).isLessThan(100);
  }
}
