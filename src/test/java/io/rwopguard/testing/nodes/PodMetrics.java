package io.rwopguard.testing.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** The metrics that a Pod publishes, read once through the API server. */
public record PodMetrics(List<String> samples) {

  public static PodMetrics of(RealCluster cluster, Pod pod, int port, String path) {
    String text =
        cluster
            .kubectl(
                "",
                "get --raw /api/v1/namespaces/%s/pods/%s:%d/proxy/%s"
                    .formatted(
                        pod.getMetadata().getNamespace(), pod.getMetadata().getName(), port, path))
            .succeeded();
    return new PodMetrics(text.lines().filter(line -> !line.startsWith("#")).toList());
  }

  /** Returns the sum of the samples that begin so; one that is not published is an error. */
  public double sum(String start) {
    List<String> chosen = samples.stream().filter(line -> line.startsWith(start)).toList();
    assertThat(chosen).as("samples that begin with %s", start).isNotEmpty();
    return chosen.stream()
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
