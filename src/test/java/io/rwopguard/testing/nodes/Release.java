package io.rwopguard.testing.nodes;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The chart, installed on the real cluster by the real helm. */
public final class Release {

  public static final String NAME = "rwop-guard";
  public static final String NAMESPACE = "rwop-guard";

  private static final Path CHART = Path.of("charts/rwop-guard").toAbsolutePath();

  private final RealCluster cluster;

  public Release(RealCluster cluster) {
    this.cluster = cluster;
  }

  /** Installs with the defaults, and waits until it decides. */
  public static Release deployed(RealCluster cluster) {
    Release release = new Release(cluster);
    release.deploy();
    release.awaitRefusing();
    return release;
  }

  /** Installs with the defaults and these settings, or changes what is there; waits until ready. */
  public Duration deploy(String... settings) {
    return deployChart(CHART, settings);
  }

  /** The same with another version of the chart. */
  public Duration deployChart(Path chart, String... settings) {
    List<String> command =
        new ArrayList<>(
            List.of("upgrade", NAME, chart.toString(), "--install", "--create-namespace"));
    command.add("--wait");
    command.addAll(List.of("--namespace", NAMESPACE, "--timeout", "4m", "--reset-values"));
    // the nodes have the image, and there is no registry
    command.addAll(List.of("--set", "image.pullPolicy=Never"));
    for (String setting : settings) {
      command.addAll(List.of("--set", setting));
    }
    return timed(command);
  }

  /** Goes back to what was installed before; waits until ready. */
  public Duration rollBack() {
    return timed(List.of("rollback", NAME, "--namespace", NAMESPACE, "--wait", "--timeout", "4m"));
  }

  private Duration timed(List<String> command) {
    long start = System.nanoTime();
    Command done = cluster.helm(command.toArray(String[]::new));
    if (done.exitCode() != 0) {
      System.err.println(
          cluster.kubectl("", "describe pods -n " + NAMESPACE).output()
              + cluster
                  .kubectl(
                      "",
                      "logs -n rwop-guard --tail=50 --prefix -l app.kubernetes.io/name=rwop-guard")
                  .output());
    }
    done.succeeded();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Uninstalls, as far as the chart lets it. */
  public Command tryUninstall() {
    return cluster.helm("uninstall", NAME, "--namespace", NAMESPACE, "--wait");
  }

  public void uninstall() {
    tryUninstall().succeeded();
    // helm waits for the Deployment to go, and not for its Pods to end
    RealCluster.await().until(() -> pods().isEmpty() && controllers().isEmpty());
  }

  public void uninstallIfThere() {
    if (cluster.helm("status", NAME, "--namespace", NAMESPACE).exitCode() == 0) {
      uninstall();
    }
  }

  public Command test() {
    return cluster.helm("test", NAME, "--namespace", NAMESPACE, "--timeout", "3m");
  }

  /** The Pods that answer API servers. */
  public List<Pod> pods() {
    return pods("webhook");
  }

  /** The Pods of the elected controllers. */
  public List<Pod> controllers() {
    return pods("controller");
  }

  private List<Pod> pods(String component) {
    return cluster
        .client()
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("app.kubernetes.io/component", component)
        .list()
        .getItems();
  }

  /** Returns how often containers of its Pods were restarted. */
  public int restarts() {
    return pods().stream()
        .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
        .mapToInt(ContainerStatus::getRestartCount)
        .sum();
  }

  /** Returns for how long the container that started last has been running. */
  Duration runningFor() {
    // it is the controllers that have to trust what they hear
    return controllers().stream()
        .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
        .map(status -> status.getState().getRunning())
        .map(running -> running == null ? Instant.now() : Instant.parse(running.getStartedAt()))
        .map(started -> Duration.between(started, Instant.now()))
        .min(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  public long readyPods() {
    return ready(pods());
  }

  public long readyControllers() {
    return ready(controllers());
  }

  private static long ready(List<Pod> pods) {
    return pods.stream()
        .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
        .filter(status -> Boolean.TRUE.equals(status.getReady()))
        .count();
  }

  /** Returns once the webhook refuses: the API server learns of it some time after it is ready. */
  public void awaitRefusing() {
    RealCluster.await().until(this::refuses);
  }

  public boolean refuses() {
    try {
      cluster.client().resource(RequestStream.REFUSED).dryRun().create();
      return false;
    } catch (KubernetesClientException e) {
      return RequestStream.isRefusal(e);
    }
  }
}
