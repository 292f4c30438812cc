package io.rwopguard.inventory.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.kube.ObjectTree;
import io.rwopguard.kube.Resources;
import io.rwopguard.kube.SingleRequests;
import io.rwopguard.log.RateLimitedLog;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.tracing.TraceSpan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Reads objects that the informers have not seen from the API server.
 *
 * <p>It reads off the event loop, and no longer than a request can wait. If there are too many
 * reads at a time, the next get "unknown" immediately, so a slow API server never causes a backlog
 * of requests.
 */
final class LiveReads implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(LiveReads.class);
  private static final RateLimitedLog TOO_MANY =
      new RateLimitedLog(LOG, "live reads beyond the limits", 10);
  private static final RateLimitedLog FAILED = new RateLimitedLog(LOG, "failed live reads", 30);
  private static final int AT_A_TIME = 32;

  /**
   * The limit of reads for one review. It leaves threads to the reviews beside it, whatever one
   * names. Few objects name as many claims, and fewer claims that no watch has reported.
   */
  static final int OF_A_REVIEW = 24;

  /** The limit of Pods to read. Two prove that a claim is shared; some may have been deleted. */
  private static final int PODS_OF_A_CLAIM = 8;

  private final KubernetesClient client;
  private final Duration timeout;
  private final ThreadPoolExecutor threads;
  private final NodeReads nodes;
  private final LiveReadMetrics metrics;

  LiveReads(KubernetesClient client, Duration timeout, LiveReadMetrics metrics) {
    // a read without a waiting request must not keep its thread, nor be retried
    this.client = SingleRequests.within(timeout, client);
    this.timeout = timeout;
    this.metrics = metrics;
    this.nodes = new NodeReads(this.client, metrics);
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

  /** Returns the cached nodes. */
  NodeReads nodes() {
    return nodes;
  }

  /**
   * Reads the objects of these questions, and those that the answers name in turn. Beyond the limit
   * of a review, an object stays unknown, and a Pod that would need a live read is omitted: neither
   * causes a refusal. Most answers depend on the first questions.
   */
  CompletionStage<Inventory> read(LookupRequest open, Inventory known) {
    OverlayInventory learnt = new OverlayInventory(known, open.pods());
    List<Runnable> reads = new ArrayList<>();
    open.namespaces().forEach(name -> reads.add(() -> readNamespace(name, learnt)));
    open.owners().forEach(key -> reads.add(() -> readOwners(key, learnt)));
    open.workloads().forEach(key -> reads.add(() -> readWorkload(key, learnt)));
    if (open.nodes() && nodes.isDue()) {
      reads.add(() -> learnt.learntNodes(nodes.read()));
    }
    open.volumes().forEach(name -> reads.add(() -> readVolume(name, learnt)));
    for (ClaimKey claim : open.pods()) {
      known.usersOf(claim).stream()
          .filter(user -> user.key().kind() == Kind.POD && user.active())
          .limit(PODS_OF_A_CLAIM)
          .forEach(pod -> reads.add(() -> readUser(pod.key(), learnt)));
    }
    open.claims().forEach(key -> reads.add(() -> readClaim(key, learnt)));
    if (reads.size() > OF_A_REVIEW) {
      TOO_MANY.warnf(
          "A review needs %d live reads; beyond %d, objects stay unknown",
          reads.size(), OF_A_REVIEW);
      reads.subList(OF_A_REVIEW, reads.size()).forEach(notSent -> metrics.rejected());
    }
    return CompletableFuture.allOf(
            reads.stream().limit(OF_A_REVIEW).map(this::run).toArray(CompletableFuture<?>[]::new))
        .completeOnTimeout(null, timeout.toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(done -> learnt);
  }

  private void readClaim(ClaimKey key, OverlayInventory learnt) {
    if (learnt.claim(key).value().isEmpty()) {
      var request = objects(Kind.PERSISTENT_VOLUME_CLAIM).inNamespace(key.namespace());
      learnt.learnt(
          key,
          get(
              new ObjectKey(Kind.PERSISTENT_VOLUME_CLAIM, key.namespace(), key.name()),
              () -> request.withName(key.name()).get(),
              ClusterObjects::claim));
    }
    String volume = learnt.claim(key).value().map(Claim::volumeName).orElse("");
    if (!volume.isEmpty() && learnt.volume(volume).value().isEmpty()) {
      readVolume(volume, learnt);
    }
  }

  private void readVolume(String name, OverlayInventory learnt) {
    learnt.learntVolume(
        name,
        get(
            new ObjectKey(Kind.PERSISTENT_VOLUME, "", name),
            () -> objects(Kind.PERSISTENT_VOLUME).withName(name).get(),
            ClusterObjects::volume));
  }

  private void readNamespace(String name, OverlayInventory learnt) {
    var request = client.genericKubernetesResources(Resources.NAMESPACES).withName(name);
    LiveRead read = LiveRead.of("Namespace", "", name, metrics);
    learnt.learntNamespace(name, get(read, request::get, ClusterObjects::namespace));
  }

  private void readWorkload(ObjectKey key, OverlayInventory learnt) {
    readUser(key, learnt);
    learnt
        .claimUser(key)
        .value()
        .ifPresent(
            workload ->
                workload.claims().stream()
                    .limit(OF_A_REVIEW)
                    .forEach(claim -> readClaim(claim, learnt)));
  }

  /** Reads a workload and its chain of owners, as far as they are not known. */
  private void readOwners(ObjectKey key, OverlayInventory learnt) {
    Optional<ObjectKey> owner = Optional.of(key);
    for (int i = 0; i < LookupRequest.GENERATIONS && owner.isPresent(); i++) {
      ObjectKey next = owner.get();
      if (learnt.claimUser(next).value().isEmpty()
          && ClusterObjects.CLAIM_USERS.contains(next.kind())) {
        readUser(next, learnt);
      }
      owner = learnt.claimUser(next).value().flatMap(ClaimConsumer::owner);
    }
  }

  private void readUser(ObjectKey key, OverlayInventory learnt) {
    var request = objects(key.kind()).inNamespace(key.namespace()).withName(key.name());
    learnt.learnt(
        key,
        get(
            key,
            request::get,
            object -> ClusterObjects.facts(key.kind(), object).map(ClaimConsumer::of)));
  }

  private MixedOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      objects(Kind kind) {
    return client.genericKubernetesResources(Resources.of(kind));
  }

  private CompletableFuture<?> run(Runnable read) {
    TraceSpan review = TraceSpan.current();
    try {
      return CompletableFuture.runAsync(() -> review.within(read), threads);
    } catch (RejectedExecutionException tooMany) {
      metrics.rejected();
      TOO_MANY.warnf("More than %d concurrent live reads; an object stays unknown", AT_A_TIME);
      return CompletableFuture.completedFuture(null);
    }
  }

  private <T> Lookup<T> get(
      ObjectKey key,
      Supplier<GenericKubernetesResource> request,
      Function<JsonNode, Optional<T>> reader) {
    return get(
        LiveRead.of(key.kind().kindName(), key.namespace(), key.name(), metrics), request, reader);
  }

  private static <T> Lookup<T> get(
      LiveRead read,
      Supplier<GenericKubernetesResource> request,
      Function<JsonNode, Optional<T>> reader) {
    try {
      GenericKubernetesResource object = read.send(request);
      return object == null
          ? Lookup.absent()
          : reader.apply(ObjectTree.of(object)).map(Lookup::found).orElseGet(Lookup::unknown);
    } catch (KubernetesClientException failure) {
      FAILED.warnf("A live read failed; the object stays unknown: %s", failure.getMessage());
      return Lookup.unknown();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
