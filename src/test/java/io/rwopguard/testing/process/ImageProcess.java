package io.rwopguard.testing.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * The entry point of an unpacked image, as a kubelet starts it: the first process of a process
 * namespace, without root rights, on a file system that is read-only but for some directories. Its
 * network is the machine's.
 */
public final class ImageProcess implements AutoCloseable {

  private final Path log;
  private final int port = freePort();
  private final int managementPort = freePort();
  private final Process unshare;

  /**
   * Starts the entry point.
   *
   * @param root the directory that becomes its root file system
   * @param entrypoint the words of the command
   * @param log the file that its output goes to
   * @param options options of the JVM
   * @param writable the directories that it may write to, relative to the root; they are empty
   */
  public ImageProcess(
      Path root, List<String> entrypoint, Path log, String options, List<String> writable)
      throws IOException {
    this.log = log;
    StringBuilder script = new StringBuilder("mount --bind \"$0\" \"$0\"");
    script.append(" && mount -o remount,bind,ro \"$0\"");
    for (String directory : writable) {
      script.append(" && mount -t tmpfs -o uid=65532,gid=65532 none \"$0/" + directory + "\"");
    }
    script.append(
        " && exec unshare --pid --fork --kill-child --root=\"$0\" --wd=/app --mount-proc"
            + " --setgid 65532 --setuid 65532 \"$@\"");
    List<String> command =
        new ArrayList<>(
            List.of("unshare", "--mount", "sh", "-c", script.toString(), root.toString()));
    command.addAll(entrypoint);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "QUARKUS_HTTP_SSL_PORT", "" + port,
                "QUARKUS_MANAGEMENT_PORT", "" + managementPort,
                "JAVA_TOOL_OPTIONS", options));
    unshare = builder.start();
  }

  /** Waits until the service is ready. */
  public ImageProcess awaitReady() {
    HttpClient plain = HttpClient.newHttpClient();
    HttpRequest ready =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort + "/q/health/ready"))
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(Duration.ofSeconds(10))
            .build();
    Awaitility.await()
        .alias("the image's service to be ready; its log is in " + log)
        .atMost(Duration.ofMinutes(1))
        .failFast("the service ended; its log is in " + log, () -> !unshare.isAlive())
        .ignoreExceptions()
        .until(() -> plain.send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() == 200);
    return this;
  }

  /** Returns the port of the webhooks. */
  public int port() {
    return port;
  }

  /** Returns the process of the JVM. */
  public ProcessHandle java() {
    return unshare.children().findFirst().orElseThrow();
  }

  /** Returns the process that started the JVM, and ends with its exit code. */
  public Process parent() {
    return unshare;
  }

  /**
   * Runs a program of the image beside the service, as {@code kubectl exec} does, and returns what
   * it printed.
   */
  public String execute(String... command) throws IOException, InterruptedException {
    Process process = inContainer(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", command) + ": " + printed).isZero();
    return printed;
  }

  /** Returns how a program of the image runs beside the service. */
  public ProcessBuilder inContainer(String... command) {
    List<String> words =
        new ArrayList<>(List.of("nsenter", "--target", Long.toString(java().pid())));
    words.addAll(List.of("--mount", "--pid", "--root", "--wd"));
    words.addAll(List.of("--setgid", "65532", "--setuid", "65532", "--"));
    words.addAll(List.of(command));
    ProcessBuilder builder = new ProcessBuilder(words);
    Map<String, String> kept = new HashMap<>(builder.environment());
    kept.keySet().removeIf(name -> name.startsWith("JAVA_") || name.startsWith("JDK_"));
    builder.environment().keySet().retainAll(kept.keySet());
    return builder;
  }

  /** Returns a port of the machine that no process listens on. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException("no port is free", e);
    }
  }

  @Override
  public void close() {
    unshare.descendants().forEach(ProcessHandle::destroyForcibly);
    unshare.destroyForcibly();
  }
}
