package io.rwopguard.testing.nodes;

import static org.junit.jupiter.api.Assumptions.abort;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.rwopguard.testing.process.GoBinaries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * The cluster of {@code src/testbed/cluster}, with the service's image on its nodes. All tests of a
 * run share it, and it is stopped at the end of the run. A cluster that is up already is used and
 * left as it is.
 */
public final class RealCluster {

  public static final String SCRIPT =
      Path.of("src/testbed/cluster/cluster").toAbsolutePath().toString();
  private static final String OTHER_VERSION =
      Path.of("src/testbed/other-version").toAbsolutePath().toString();
  private static final String BUILD_IMAGE = Path.of("src/image/build").toAbsolutePath().toString();

  /** EX_TEMPFAIL and EX_UNAVAILABLE: this machine cannot do it, and nothing is broken. */
  private static final List<Integer> CANNOT = List.of(75, 69);

  /** Commands of {@link #script} that undo others. */
  private static final Set<String> UNDO = Set.of("start", "normal", "unblock", "resume");

  private static RealCluster started;
  private static String whyNot;

  private final Path kubeconfig;
  private final Path kubectl;
  private final Path helm;
  private final KubernetesClient client;

  /** Faults of the cluster that a test has caused and not undone yet. */
  private final Set<String> faults = ConcurrentHashMap.newKeySet();

  /** Time when the last fault was undone, by {@link System#nanoTime}. */
  private volatile long undone = System.nanoTime();

  private RealCluster() throws IOException, InterruptedException {
    CompletableFuture<Command> image =
        CompletableFuture.supplyAsync(() -> Command.runAloud(BUILD_IMAGE));
    if (Command.run("", List.of(SCRIPT, "kubeconfig")).exitCode() != 0) {
      // it stops automatically even if this process is killed
      able(Command.runAloud("env", "OWNER=" + ProcessHandle.current().pid(), SCRIPT, "up"));
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> Command.runAloud(SCRIPT, "down"), "cluster-down"));
    }
    kubeconfig = Path.of(Command.run("", List.of(SCRIPT, "kubeconfig")).succeeded().strip());
    kubectl = GoBinaries.find("kubernetes", List.of("kubectl")).orElseThrow().resolve("kubectl");
    helm = GoBinaries.helm().orElseThrow();
    String archive = able(image.join()).strip().lines().reduce("", (first, last) -> last);
    Command.runAloud(SCRIPT, "image", archive).succeeded();
    Config config =
        new ConfigBuilder(Config.fromKubeconfig(Files.readString(kubeconfig)))
            .withRequestRetryBackoffLimit(0)
            .build();
    client = new KubernetesClientBuilder().withConfig(config).build();
  }

  private static String able(Command done) {
    if (CANNOT.contains(done.exitCode())) {
      throw new CannotBeHere();
    }
    return done.succeeded();
  }

  /** The script has said why. */
  private static final class CannotBeHere extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** The running cluster; the first call starts it, and may build it. */
  public static synchronized RealCluster running() {
    if (whyNot == null && started == null) {
      Command able = Command.run("", List.of(SCRIPT, "can"));
      if (CANNOT.contains(able.exitCode())) {
        whyNot = able.output().strip();
      } else {
        try {
          started = new RealCluster();
        } catch (CannotBeHere e) {
          whyNot = "the cluster or the image cannot be made on this machine, as said above";
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(e);
        }
      }
      if (whyNot != null) {
        System.err.println("[cluster] tests on a real cluster are skipped: " + whyNot);
      }
    }
    return whyNot == null ? started : abort(whyNot);
  }

  /**
   * Builds another commit, gives its image to the nodes with the tag {@code other}, and returns the
   * directory with its chart.
   */
  public Path otherVersion(String revision) {
    String printed = Command.runAloud(OTHER_VERSION, revision).succeeded().strip();
    Path directory = Path.of(printed.lines().reduce("", (first, last) -> last));
    Command.runAloud(SCRIPT, "image", directory.resolve("image.tar").toString()).succeeded();
    return directory;
  }

  public KubernetesClient client() {
    return client;
  }

  /** Runs kubectl, with a manifest on its standard input where one is given. */
  public Command kubectl(String manifest, String arguments) {
    return Command.run(
        manifest,
        Command.line(
            kubectl.toString(),
            List.of("--kubeconfig", kubeconfig.toString()),
            arguments.split(" ")));
  }

  /** Runs helm. */
  public Command helm(String... arguments) {
    return Command.run(
        "",
        Command.line(helm.toString(), List.of("--kubeconfig", kubeconfig.toString()), arguments));
  }

  /** Creates what a manifest says, which has to succeed. */
  public void create(String manifest) {
    kubectl(manifest, "create -f -").succeeded();
  }

  /** A new namespace; the label is what the mutating webhook asks for. */
  public void createNamespace(String name, boolean optedIn) {
    // of a run before, on a cluster that was up already
    kubectl("", "delete namespace --ignore-not-found " + name).succeeded();
    create(
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: %s
          labels: {rwop-guard.io/mutate: %s}
        """
            .formatted(name, optedIn ? "enabled" : "disabled"));
  }

  /** Returns the latest log lines of the API server about webhooks that it could not call. */
  public String failedCalls() {
    Path log = kubeconfig.resolveSibling("logs").resolve("kube-apiserver.log");
    try (Stream<String> lines = Files.lines(log)) {
      List<String> failed =
          lines.filter(line -> line.toLowerCase(Locale.ROOT).contains("failed calling")).toList();
      return String.join("\n", failed.subList(Math.max(0, failed.size() - 10), failed.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The folder in which the cluster's volumes lie. */
  public Path volumes() {
    return kubeconfig.resolveSibling("data").resolve("volumes");
  }

  /**
   * Runs another command of the cluster's script: {@code api stop}, {@code etcd slow} and so on.
   */
  public void script(String... command) {
    Command.runAloud(Command.line(SCRIPT, List.of(), command).toArray(String[]::new)).succeeded();
    remember(!UNDO.contains(command[1]), command[0]);
  }

  /** Runs a command of the cluster's script on a node: kill, cut or heal it, and so on. */
  public void node(String... command) {
    Command.runAloud(Command.line(SCRIPT, List.of("node"), command).toArray(String[]::new))
        .succeeded();
    for (String word : command) {
      if (word.startsWith("node-")) {
        remember(!command[0].equals("heal"), word);
      }
    }
  }

  private void remember(boolean fault, String where) {
    if (fault) {
      faults.add(where);
    } else if (faults.remove(where)) {
      undone = System.nanoTime();
    }
  }

  /** Returns for how long nothing that a test did to the cluster has been in effect. */
  Duration undisturbedFor() {
    return faults.isEmpty() ? Duration.ofNanos(System.nanoTime() - undone) : Duration.ZERO;
  }

  /** Waits, where there is nothing to wait for. */
  public static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The most memory that a Pod's only container has had, by its control group, in MiB. */
  public static long mostMemory(Pod pod) throws IOException {
    String id = containerId(pod.getStatus().getContainerStatuses().get(0));
    Path first = Path.of("/sys/fs/cgroup/memory/k8s.io", id, "memory.max_usage_in_bytes");
    Path second = Path.of("/sys/fs/cgroup/k8s.io", id, "memory.peak");
    Path file = Files.exists(first) ? first : second;
    return Long.parseLong(Files.readString(file).strip()) >> 20;
  }

  private static String containerId(ContainerStatus container) {
    return container.getContainerID().replace("containerd://", "");
  }

  /** Ends a Pod's containers at once, as kill -9 does; the kubelet starts them again. */
  public void killContainers(Pod pod) {
    for (ContainerStatus container : pod.getStatus().getContainerStatuses()) {
      String id = containerId(container);
      Command.run(
              "",
              Command.line(
                  SCRIPT,
                  List.of("node", "run", pod.getSpec().getNodeName()),
                  "ctr",
                  "-n",
                  "k8s.io",
                  "task",
                  "kill",
                  "--signal",
                  "SIGKILL",
                  id))
          .succeeded();
    }
  }

  /** This machine may be slow, and controllers try again after a while. */
  public static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofMillis(200))
        .pollInSameThread();
  }
}
