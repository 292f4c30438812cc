package io.rwopguard.testing.apiserver;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.rwopguard.testing.process.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real kube-apiserver with its etcd. All tests of a run share one, and those with {@link
 * OnSecondApiServer} share another. A third one, for {@link OnOlderApiServer}, is of an older
 * version. kube-api-test starts them. Our own binaries are laid out like its downloads, so that it
 * finds them.
 */
public final class ApiServer {

  /** Only what ServiceAccounts of the chart ask for, to hold their rights to it. */
  private static final String AUDIT_POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
        - {level: Metadata, userGroups: ["system:serviceaccounts:rwop-guard"]}
        - {level: None}
      """;

  /** Records what callers with all rights record, which only TracingIT does. */
  private static final String TRACING =
      """
      apiVersion: apiserver.config.k8s.io/v1beta1
      kind: TracingConfiguration
      endpoint: "unix://%s"
      samplingRatePerMillion: 0
      """;

  private static final String FIRST = "kube-api-test";
  private static final String SECOND = "kube-api-test-2";
  private static final String OLDER = "kube-api-test-older";

  /** Servers by the name of their folder. */
  private static final Map<String, ApiServer> STARTED = new HashMap<>();

  /** Name of the server that the class on this thread uses. */
  private static final ThreadLocal<String> CHOSEN = ThreadLocal.withInitial(() -> FIRST);

  private final KubernetesVersion kubernetes;
  private final Path home;
  private final KubernetesClient client;
  private final Path kubeconfig;
  private final Path kubectl;
  private final Path auditLog;
  private final Path traces;

  private ApiServer(String name) throws IOException, InterruptedException {
    kubernetes =
        name.equals(OLDER) ? KubernetesVersion.olderOfThisRun() : KubernetesVersion.ofThisRun();
    home = Files.createDirectories(Path.of("target", name)).toAbsolutePath();
    Path versions = Files.createDirectories(home.resolve("k8s"));
    Path ours = versions.resolve(kubernetes.number() + "-linux-" + architecture());
    Files.deleteIfExists(ours);
    Optional<Path> found = KubernetesBinaries.find(kubernetes);
    if (found.isPresent()) {
      Files.createSymbolicLink(ours, found.get().toAbsolutePath());
    }
    Path auditPolicy = Files.writeString(home.resolve("audit-policy.yaml"), AUDIT_POLICY);
    auditLog = home.resolve("audit.log");
    Files.deleteIfExists(auditLog);
    // the path of a socket has to be short
    traces = Files.createTempDirectory("rwop-guard-").resolve("otlp");
    Path tracing =
        Files.writeString(home.resolve("tracing.yaml"), TRACING.formatted(traces.toString()));
    KubeAPIServerConfigBuilder config =
        KubeAPIServerConfigBuilder.anAPIServerConfig()
            .withTestDir(home.toString())
            // not every patch release is published for download
            .withApiServerVersion(
                found.isPresent()
                    ? kubernetes.number()
                    : kubernetes.number().replaceFirst("[0-9]+$", "*"))
            .withUpdateKubeConfig(false)
            .withStartupTimeout(120_000)
            // nothing but this machine is to reach it, and a loopback address needs no
            // reconciling
            .withApiServerFlag("--bind-address", "127.0.0.1")
            .withApiServerFlag("--endpoint-reconciler-type", "none")
            .withApiServerFlag("--audit-policy-file", auditPolicy.toString())
            .withApiServerFlag("--audit-log-path", auditLog.toString())
            .withApiServerFlag("--tracing-config-file", tracing.toString());
    kubernetes.flags().forEach(config::withApiServerFlag);
    KubeAPIServer server = new KubeAPIServer(config.build());
    Runtime.getRuntime().addShutdownHook(new Thread(server::stop, "stop-api-server"));
    server.start();
    String yaml = server.getKubeConfigYaml();
    kubeconfig = Files.writeString(home.resolve("kubeconfig"), yaml);
    kubectl = kubectlIn(versions);
    client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(yaml)).build();
  }

  private static Path kubectlIn(Path versions) throws IOException {
    try (Stream<Path> folders = Files.list(versions)) {
      return folders
          .map(folder -> folder.resolve("kubectl"))
          .filter(Files::isExecutable)
          .findFirst()
          .orElseThrow(() -> new IOException("no kubectl in " + versions));
    }
  }

  private static String architecture() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  }

  /** The API server of this test class, running; the first call starts it, and may build it. */
  public static synchronized ApiServer running() {
    return STARTED.computeIfAbsent(CHOSEN.get(), ApiServer::start);
  }

  private static ApiServer start(String name) {
    try {
      return new ApiServer(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Gives the class that is about to run the second API server. */
  public static final class Second implements BeforeAllCallback, AfterAllCallback {

    @Override
    public void beforeAll(ExtensionContext context) {
      CHOSEN.set(SECOND);
    }

    @Override
    public void afterAll(ExtensionContext context) {
      CHOSEN.remove();
    }
  }

  /** Gives the class that is about to run the API server of an older version. */
  public static final class Older implements BeforeAllCallback, AfterAllCallback {

    @Override
    public void beforeAll(ExtensionContext context) {
      // after the extensions of the class that it extends
      CHOSEN.set(OLDER);
    }

    @Override
    public void afterAll(ExtensionContext context) {
      CHOSEN.remove();
    }
  }

  /** The version that was built, or asked for. */
  public KubernetesVersion kubernetes() {
    return kubernetes;
  }

  /** The version that the API server says it is, such as 1.30.14. */
  public String version() {
    return client.getKubernetesVersion().getGitVersion().replaceFirst("^v", "");
  }

  /** Whether the API server is of this minor of Kubernetes 1, or of a later one. */
  public boolean isAtLeast(int minor) {
    return Integer.parseInt(version().split("\\.", -1)[1]) >= minor;
  }

  /** Skips the class on an API server of an earlier minor, which lacks this. */
  public void assumeAtLeast(int minor, String what) {
    assumeTrue(
        isAtLeast(minor),
        () -> "Kubernetes has %s since 1.%d, and this is %s".formatted(what, minor, version()));
  }

  /** The first of these versions of an API group in which the API server knows a kind. */
  public Optional<String> versionWith(String kind, String group, String... versions) {
    return Stream.of(versions)
        .filter(
            version -> {
              APIResourceList resources = client.getApiResources(group + "/" + version);
              return resources != null
                  && resources.getResources().stream().anyMatch(it -> it.getKind().equals(kind));
            })
        .findFirst();
  }

  /** A file of this name that no test on another API server writes. */
  public Path file(String name) {
    return home.resolve(name);
  }

  public KubernetesClient client() {
    return client;
  }

  /** A line of JSON for each request of the chart's ServiceAccounts. */
  public Path auditLog() {
    return auditLog;
  }

  /** The socket to which the API server exports its spans, by OTLP over gRPC. */
  public Path traces() {
    return traces;
  }

  public Path kubeconfig() {
    return kubeconfig;
  }

  /** Returns a client that acts as a user with all rights. The caller closes it. */
  public KubernetesClient clientAs(String user) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(client.getConfiguration())
                .withImpersonateUsername(user)
                .withImpersonateGroups("system:masters")
                .build())
        .build();
  }

  /**
   * Runs kubectl, with a manifest on its standard input where one is given, and returns all that it
   * prints.
   */
  public KubectlResult kubectl(String manifest, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(kubectl.toString()));
    command.addAll(List.of("--kubeconfig", kubeconfig.toString()));
    command.addAll(List.of(arguments));
    Program program =
        Program.run(
            new ProcessBuilder(command).redirectErrorStream(true), manifest, Program.PATIENCE);
    return new KubectlResult(program.exitCode(), program.output());
  }

  /** Runs a line of a shell in which kubectl asks this API server. */
  public KubectlResult shell(String line) throws IOException, InterruptedException {
    ProcessBuilder shell = new ProcessBuilder("sh", "-c", line).redirectErrorStream(true);
    Map<String, String> environment = shell.environment();
    environment.put("KUBECONFIG", kubeconfig.toString());
    environment.merge("PATH", kubectl.getParent().toString(), (path, first) -> first + ":" + path);
    Program program = Program.run(shell, "", Program.PATIENCE);
    return new KubectlResult(program.exitCode(), program.output());
  }

  /** Output of a kubectl command, and whether it succeeded. */
  public record KubectlResult(int exitCode, String output) {}
}
