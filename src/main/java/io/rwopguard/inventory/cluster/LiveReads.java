package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimKey;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Volume;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Asks the API server for what the informers have not seen, off the event loop, and for no longer
 * than a request can wait. Too many at a time are answered "unknown" at once, so that a slow API
 * server never piles up requests here.
 */
final class LiveReads implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(LiveReads.class);
  private static final int AT_A_TIME = 32;

  private final KubernetesClient client;
  private final Duration timeout;
  private final ThreadPoolExecutor threads;

  LiveReads(KubernetesClient client, Duration timeout) {
    // a read that nobody waits for any more must not keep its thread, nor be tried again
    this.client =
        client
            .newClient(
                new RequestConfigBuilder()
                    .withRequestTimeout(Math.toIntExact(timeout.toMillis()))
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .adapt(KubernetesClient.class);
    this.timeout = timeout;
    this.threads =
        new ThreadPoolExecutor(
            0,
            AT_A_TIME,
            30,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> {
              Thread thread = new Thread(work, "live-read");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Reads these claims, and the volumes they are bound to where {@code known} does not know them.
   */
  CompletionStage<Inventory> read(Set<ClaimKey> claims, Inventory known) {
    Learnt learnt = new Learnt(known);
    CompletableFuture<?>[] reads =
        claims.stream().map(key -> readClaim(key, learnt)).toArray(CompletableFuture[]::new);
    return CompletableFuture.allOf(reads)
        .completeOnTimeout(null, timeout.toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(done -> learnt);
  }

  private CompletableFuture<?> readClaim(ClaimKey key, Learnt learnt) {
    return run(
        () -> {
          Lookup<Claim> claim = learnt.claim(key);
          if (claim.value().isEmpty()) {
            claim =
                get(
                    () ->
                        client
                            .persistentVolumeClaims()
                            .inNamespace(key.namespace())
                            .withName(key.name())
                            .get(),
                    ClusterInventory::claim);
            learnt.claims.put(key, claim);
          }
          String volumeName = claim.value().map(Claim::volumeName).orElse("");
          if (!volumeName.isEmpty() && learnt.volume(volumeName).value().isEmpty()) {
            learnt.volumes.put(
                volumeName,
                get(
                    () -> client.persistentVolumes().withName(volumeName).get(),
                    ClusterInventory::volume));
          }
        });
  }

  private CompletableFuture<?> run(Runnable read) {
    try {
      return CompletableFuture.runAsync(read, threads);
    } catch (RejectedExecutionException tooMany) {
      LOG.warnf("More than %d live reads at a time: a claim stays unknown", AT_A_TIME);
      return CompletableFuture.completedFuture(null);
    }
  }

  private static <R, T> Lookup<T> get(Supplier<R> request, Function<R, T> read) {
    try {
      R resource = request.get();
      return resource == null ? Lookup.absent() : Lookup.found(read.apply(resource));
    } catch (KubernetesClientException failure) {
      LOG.warnf("A live read failed, the object stays unknown: %s", failure.getMessage());
      return Lookup.unknown();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  /** What was known, and what was learnt for one request. */
  private record Learnt(
      Inventory known, Map<ClaimKey, Lookup<Claim>> claims, Map<String, Lookup<Volume>> volumes)
      implements Inventory {

    Learnt(Inventory known) {
      this(known, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    }

    @Override
    public Lookup<Claim> claim(ClaimKey key) {
      Lookup<Claim> learnt = claims.get(key);
      return learnt == null ? known.claim(key) : learnt;
    }

    @Override
    public Lookup<Volume> volume(String name) {
      Lookup<Volume> learnt = volumes.get(name);
      return learnt == null ? known.volume(name) : learnt;
    }

    @Override
    public CompletionStage<Inventory> learn(Set<ClaimKey> wanted) {
      return CompletableFuture.completedFuture(this);
    }
  }
}
