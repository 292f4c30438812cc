package io.rwopguard.testing.apiserver;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.netty.util.NetUtil;
import io.rwopguard.certificates.TestCertificates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A real kube-apiserver of one test class. It can be stopped, and replaced on the same port by one
 * with a certificate of another CA. Its etcd can be restored from a backup.
 */
public final class ReplaceableApiServer implements AutoCloseable {

  private static final String ADMIN = "token-of-the-administrator";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path home;
  private final Path binaries;
  private final String host;
  private final int port = freePort();
  private final int etcdPort = freePort();
  private final KubernetesClient client;
  private final List<String> flags;
  private Path certificates;
  private int number;
  private Process etcd;
  private Process server;

  /** Starts an API server at this address, with its own CA. */
  public ReplaceableApiServer(String host) throws IOException, InterruptedException {
    this(host, List.of());
  }

  /** Starts an API server with these flags too. */
  public ReplaceableApiServer(String host, List<String> flags)
      throws IOException, InterruptedException {
    this.flags = flags;
    binaries = KubernetesBinaries.find().orElse(Path.of("/nonexistent"));
    assumeTrue(
        Files.exists(binaries),
        "skipped: there is no kube-apiserver in KUBEBUILDER_ASSETS, and no Go to build it with");
    this.host = host;
    home =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target/replaceable").toAbsolutePath()), "");
    TestCertificates.make(home.resolve("service-accounts"));
    Files.writeString(home.resolve("tokens.csv"), ADMIN + ",admin,admin,system:masters\n");
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(Config.empty())
                    .withMasterUrl(url())
                    .withTrustCerts()
                    .withOauthToken(ADMIN)
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();
    useNewCa();
    start();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An address of this machine that only it reaches, of IPv6 where there is one. */
  public static String loopback() {
    try (ServerSocket socket = new ServerSocket(0, 1, NetUtil.LOCALHOST6)) {
      return socket.isBound() ? "::1" : "127.0.0.1";
    } catch (IOException e) {
      return "127.0.0.1";
    }
  }

  public String host() {
    return host;
  }

  public int port() {
    return port;
  }

  public String url() {
    return "https://%s:%d".formatted(host.contains(":") ? "[" + host + "]" : host, port);
  }

  /** The CA of the certificate that the API server has since its last start. */
  public Path ca() {
    return certificates.resolve("ca.crt");
  }

  /** A client of the administrator, who trusts any certificate. */
  public KubernetesClient client() {
    return client;
  }

  /** Makes a CA and a certificate for the next start. */
  public void useNewCa() throws IOException {
    certificates = Files.createDirectories(home.resolve("ca-" + ++number));
    TestCertificates.make(certificates);
  }

  /** Starts etcd and the API server, and waits until it answers. */
  public void start() throws IOException {
    String endpoint = "http://127.0.0.1:" + etcdPort;
    etcd =
        run(
            "etcd",
            "--data-dir=" + home.resolve("etcd"),
            "--listen-client-urls=" + endpoint,
            "--advertise-client-urls=" + endpoint,
            "--listen-peer-urls=http://127.0.0.1:0",
            "--unsafe-no-fsync",
            "--log-level=warn");
    Path accounts = home.resolve("service-accounts");
    List<String> all = new ArrayList<>(flags);
    Collections.addAll(
        all,
        "--etcd-servers=" + endpoint,
        "--bind-address=" + host,
        "--secure-port=" + port,
        "--endpoint-reconciler-type=none",
        "--tls-cert-file=" + certificates.resolve("tls.crt"),
        "--tls-private-key-file=" + certificates.resolve("tls.key"),
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=" + accounts.resolve("tls.crt"),
        "--service-account-signing-key-file=" + accounts.resolve("tls.key"),
        "--service-cluster-ip-range=" + (host.contains(":") ? "fd00:10::/112" : "10.0.0.0/24"),
        "--authorization-mode=RBAC",
        "--token-auth-file=" + home.resolve("tokens.csv"),
        "--disable-admission-plugins=ServiceAccount",
        "--cert-dir=" + home.resolve("generated"));
    server = run("kube-apiserver", all.toArray(String[]::new));
    Awaitility.await()
        .alias("the API server to be ready; its log is in " + home)
        .atMost(PATIENCE)
        .failFast("it ended; its log is in " + home, () -> !server.isAlive() || !etcd.isAlive())
        .ignoreExceptions()
        .until(() -> "ok".equals(client.raw("/readyz")));
  }

  private Process run(String command, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(List.of(binaries.resolve(command).toString()));
    line.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(home.resolve(command + ".log").toFile()))
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    return process;
  }

  /** Stops the API server and etcd. All connections end. */
  public void stop() {
    for (Process each : new Process[] {server, etcd}) {
      if (each == null) {
        continue;
      }
      each.destroy();
      try {
        // an API server waits for its clients to end their watches
        if (!each.waitFor(1, TimeUnit.SECONDS)) {
          each.destroyForcibly().waitFor();
        }
      } catch (InterruptedException e) {
        each.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Keeps a copy of what etcd holds while it is stopped. */
  public void backUp() throws IOException {
    copy(home.resolve("etcd"), home.resolve("backup"));
  }

  /** Replaces what etcd holds by the copy, while it is stopped. */
  public void restore() throws IOException {
    delete(home.resolve("etcd"));
    copy(home.resolve("backup"), home.resolve("etcd"));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException failure)
              throws IOException {
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void close() {
    client.close();
    stop();
  }
}
