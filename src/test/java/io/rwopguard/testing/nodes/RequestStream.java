package io.rwopguard.testing.nodes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A constant stream of dry-run requests that the webhook has to refuse. One that gets through has
 * failed, whatever the failure policy: the API server could not ask the webhook.
 */
public final class RequestStream implements AutoCloseable {

  private static final int CLIENTS = 4;

  /** A stream that takes all of the machine measures the machine: others answer too late then. */
  private static final Duration PAUSE = Duration.ofMillis(10);

  /** Not one with mixed modes: the API server's own validation would refuse that, and first. */
  public static final String REFUSED =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {generateName: stream-}
      spec:
        capacity: {storage: 1Gi}
        accessModes: [ReadWriteOncePod]
        hostPath: {path: /tmp/stream}
      """;

  private final KubernetesClient client;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicInteger refused = new AtomicInteger();
  private final Map<Long, String> failures = new ConcurrentSkipListMap<>();
  private final long start = System.nanoTime();
  private volatile boolean goingOn = true;

  public RequestStream(KubernetesClient client) {
    this.client = client;
    for (int i = 0; i < CLIENTS; i++) {
      Thread thread = new Thread(this::ask, "request-stream-" + i);
      thread.start();
      threads.add(thread);
    }
  }

  private void ask() {
    while (goingOn) {
      try {
        client.resource(REFUSED).dryRun().create();
        failed("let through");
      } catch (KubernetesClientException e) {
        if (isRefusal(e)) {
          refused.incrementAndGet();
        } else {
          failed(String.valueOf(e.getMessage()));
        }
      }
      RealCluster.pause(PAUSE);
    }
  }

  /** Returns whether this is the webhook's answer, and not a failed call of the webhook. */
  public static boolean isRefusal(KubernetesClientException e) {
    return String.valueOf(e.getMessage()).contains("(csi-only)");
  }

  private void failed(String how) {
    failures.put(System.nanoTime() - start, how);
  }

  /** Lets the stream run for a while longer. */
  public void goOnFor(Duration time) {
    RealCluster.pause(time);
  }

  public int refused() {
    return refused.get();
  }

  /** Returns the failures, by the time since the stream started. */
  public List<String> failures() {
    return failures.entrySet().stream()
        .map(each -> Duration.ofNanos(each.getKey()).toMillis() + " ms: " + each.getValue())
        .toList();
  }

  @Override
  public void close() {
    goingOn = false;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
