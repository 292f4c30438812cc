package io.rwopguard.testing.nodes;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * StatefulSets of one Pod each that writes to its volume five times a second. The longest time
 * without a line is the duration of a failover. The lines also show whether two Pods wrote. A line
 * is the time since this machine was started, by the one clock that its nodes share. Each Pod
 * writes to its own file.
 */
public final class Writers {

  /** No writer pauses for so long without a reason, on a machine that is busy. */
  public static final Duration BREATH = Duration.ofSeconds(3);

  private static final String MANIFEST =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %1$s, namespace: %2$s}
      spec:
        serviceName: %1$s
        selector: {matchLabels: {app: %1$s}}
        template:
          metadata: {labels: {app: %1$s}}
          spec:
            terminationGracePeriodSeconds: %5$d
            %4$s
            containers:
              - name: writer
                image: registry.invalid/busybox:1
                command:
                  - sh
                  - -c
                  - trap exit TERM; while true; do read up rest < /proc/uptime; echo $up >> /data/$POD_UID; sleep 0.2; done
                env: [{name: POD_UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}]
                volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
          - metadata: {name: data}
            spec:
              accessModes: [ReadWriteOncePod]
              storageClassName: %3$s
              resources: {requests: {storage: 1Gi}}
      """;

  private final RealCluster cluster;
  private final String namespace;

  public Writers(RealCluster cluster, String namespace) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  /** A writer's Pods, and the times when each wrote. */
  public record Writing(Map<String, List<Double>> byPod) {

    /** Returns the Pods that wrote after this time, the first of them first. */
    public List<String> since(double time) {
      return byPod.entrySet().stream()
          .filter(pod -> last(pod.getValue()) > time)
          .sorted(Comparator.comparing(pod -> pod.getValue().get(0)))
          .map(Map.Entry::getKey)
          .toList();
    }

    public double first(String pod) {
      return byPod.get(pod).get(0);
    }

    public double last(String pod) {
      return last(byPod.get(pod));
    }

    private static double last(List<Double> times) {
      return times.get(times.size() - 1);
    }

    /** Returns the longest time without a writer, from this one on up to the last line. */
    public Duration longestSilence(double from) {
      List<Double> all =
          byPod.values().stream()
              .flatMap(List::stream)
              .filter(t -> t >= from - 1)
              .sorted()
              .toList();
      double longest = 0;
      for (int i = 1; i < all.size(); i++) {
        longest = Math.max(longest, all.get(i) - all.get(i - 1));
      }
      return Duration.ofMillis(Math.round(longest * 1000));
    }

    /**
     * Returns how long a Pod still wrote after the first line of the next one; zero if it did not.
     */
    public Duration twoWriters(double from) {
      List<String> pods = since(from - 1);
      double longest = 0;
      for (int i = 1; i < pods.size(); i++) {
        longest = Math.max(longest, last(pods.get(i - 1)) - first(pods.get(i)));
      }
      return Duration.ofMillis(Math.round(longest * 1000));
    }
  }

  public void start(String name, String storageClass) {
    start(name, storageClass, "{}", 30);
  }

  /** Starts one with more in its Pod's spec, and waits until it writes. */
  public void start(String name, String storageClass, String spec, int grace) {
    cluster.create(
        MANIFEST.formatted(name, namespace, storageClass, spec.equals("{}") ? "" : spec, grace));
    RealCluster.await().until(() -> writesNow(name));
  }

  public Optional<Pod> pod(String name) {
    return Optional.ofNullable(
        cluster.client().pods().inNamespace(namespace).withName(name + "-0").get());
  }

  public String node(String name) {
    return pod(name).orElseThrow().getSpec().getNodeName();
  }

  /** Returns whether its Pod wrote within the last second. */
  public boolean writesNow(String name) {
    double now = now();
    return pod(name).isPresent() && !read(name).since(now - 1).isEmpty();
  }

  /** Returns whether a Pod that was not there before this time writes. */
  public boolean successorWrites(String name, double since) {
    Writing writing = read(name);
    return writing.byPod().keySet().stream().anyMatch(pod -> writing.first(pod) > since);
  }

  /** Returns what has been written until now; incomplete lines are left out. */
  public Writing read(String name) {
    Map<String, List<Double>> byPod = new HashMap<>();
    Path volume = volume(name);
    if (!Files.isDirectory(volume)) {
      return new Writing(byPod);
    }
    try (Stream<Path> files = Files.list(volume)) {
      for (Path file : files.toList()) {
        List<Double> times = new ArrayList<>();
        String text = Files.readString(file);
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n", -1)) {
          if (!line.isBlank()) {
            times.add(Double.parseDouble(line));
          }
        }
        if (!times.isEmpty()) {
          byPod.put(file.getFileName().toString(), times);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Writing(byPod);
  }

  private Path volume(String name) {
    var claim =
        cluster
            .client()
            .persistentVolumeClaims()
            .inNamespace(namespace)
            .withName("data-" + name + "-0")
            .get();
    String volume = claim == null ? null : claim.getSpec().getVolumeName();
    return cluster.volumes().resolve(volume == null ? "none" : volume);
  }

  /** The time that lines are written by, in seconds. */
  public static double now() {
    try {
      return Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ", -1)[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void stop(String name) {
    cluster
        .kubectl("", "delete statefulset %s -n %s --wait=false".formatted(name, namespace))
        .succeeded();
    cluster.kubectl(
        "",
        "delete pod %s-0 -n %s --force --grace-period=0 --ignore-not-found"
            .formatted(name, namespace));
    cluster.kubectl("", "delete pvc data-%s-0 -n %s --wait=false".formatted(name, namespace));
  }
}
