package io.rwopguard.testing.nodes;

import io.fabric8.kubernetes.api.model.Pod;
import io.rwopguard.testing.process.GoBinaries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The real Prometheus operator on the real cluster, installed by its own manifest, with images that
 * are made from Go modules.
 */
public final class PrometheusOperator {

  public static final String NAMESPACE = "prometheus-operator";

  private static final String BUNDLE =
      Path.of("src/testbed/prometheus-operator/bundle").toAbsolutePath().toString();

  private static final int METRICS_PORT = 8080;

  private final RealCluster cluster;
  private final String definitions;
  private final String rest;

  public PrometheusOperator(RealCluster cluster) {
    this.cluster = cluster;
    String bundle = Command.runAloud(BUNDLE).succeeded().strip();
    List<String> documents;
    try {
      documents = Arrays.asList(ours(Files.readString(Path.of(bundle))).split("(?m)^---$", -1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    definitions = only(documents, true);
    rest = only(documents, false);
  }

  /** Returns the manifest with the namespace and the images that are on the nodes. */
  private static String ours(String bundle) {
    return bundle
        .replace("namespace: default", "namespace: " + NAMESPACE)
        .replaceAll(
            "image: \\S+/prometheus-operator:\\S+", "image: " + image("prometheus-operator"))
        .replaceAll(
            "(--prometheus-config-reloader=)\\S+", "$1" + image("prometheus-config-reloader"))
        // it would keep a Service in kube-system, which nothing takes away
        .replaceAll("(?m)^ *- --kubelet-service=.*\n", "");
  }

  private static String image(String name) {
    return "registry.invalid/%s:1".formatted(name);
  }

  private static String only(List<String> documents, boolean definitions) {
    return documents.stream()
        .filter(each -> each.contains("\nkind: CustomResourceDefinition\n") == definitions)
        .collect(Collectors.joining("\n---\n"));
  }

  /** Installs the operator and returns once it is ready; Prometheus' image is on the nodes then. */
  public void install() throws IOException, InterruptedException {
    Path operator = binaries("prometheus-operator", "operator", "prometheus-config-reloader");
    Path prometheus = binaries("prometheus", "prometheus");
    Command.runAloud(
            RealCluster.SCRIPT,
            "programs",
            "prometheus-operator=" + operator.resolve("operator"),
            "prometheus-config-reloader=" + operator.resolve("prometheus-config-reloader"),
            "prometheus=" + prometheus.resolve("prometheus"))
        .succeeded();
    if (cluster.client().namespaces().withName(NAMESPACE).get() != null) {
      // of a run before, on a cluster that was up already
      uninstall();
    }
    cluster.createNamespace(NAMESPACE, false);
    cluster.create(definitions);
    // the operator does not watch what it does not find at its start
    cluster.kubectl(definitions, "wait --for=condition=Established --timeout=1m -f -").succeeded();
    cluster.create(rest);
    cluster
        .kubectl("", "rollout status deployment/prometheus-operator --timeout=3m -n " + NAMESPACE)
        .succeeded();
  }

  private static Path binaries(String module, String... commands)
      throws IOException, InterruptedException {
    return GoBinaries.find(module, List.of(commands)).orElseThrow();
  }

  /** Removes what a run installed, as far as it is there. */
  public void uninstall() {
    cluster.kubectl(definitions + "\n---\n" + rest, "delete --ignore-not-found -f -").succeeded();
    cluster
        .kubectl("", "delete namespace --wait=false --ignore-not-found " + NAMESPACE)
        .succeeded();
  }

  /** Returns the operator's only Pod. */
  public Pod pod() {
    List<Pod> pods = cluster.client().pods().inNamespace(NAMESPACE).list().getItems();
    if (pods.size() != 1) {
      throw new AssertionError("The operator has %d Pods instead of one.".formatted(pods.size()));
    }
    return pods.get(0);
  }

  /** Work that the operator has done for all Prometheus resources since it started. */
  public record Work(String pod, double reconciliations, double failed, double recreated) {}

  /** Returns what the operator counts itself. */
  public Work work() {
    Pod pod = pod();
    PodMetrics metrics = PodMetrics.of(cluster, pod, METRICS_PORT, "metrics");
    return new Work(
        pod.getMetadata().getUid(),
        sum(metrics, "reconcile_operations_total"),
        sum(metrics, "reconcile_errors_total"),
        sum(metrics, "reconcile_sts_delete_create_total"));
  }

  private static double sum(PodMetrics metrics, String name) {
    return metrics.sum("prometheus_operator_%s{controller=\"prometheus\"".formatted(name));
  }
}
