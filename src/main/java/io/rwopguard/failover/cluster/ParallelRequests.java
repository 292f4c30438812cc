package io.rwopguard.failover.cluster;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Works on many objects in parallel. A failure of one must not stop the others. */
public final class ParallelRequests {

  /** The codes without an answer: none at all, 408 (a proxy timed out), 429 (too many requests). */
  private static final Set<Integer> NO_ANSWER = Set.of(0, 408, 429);

  private static final int SERVER_ERROR = 500;

  private final Executor threads;

  /** Creates a runner of requests on these threads. */
  public ParallelRequests(Executor threads) {
    this.threads = threads;
  }

  /**
   * Works on each item and waits for all.
   *
   * @param failed receives each item that alone failed
   * @throws NotLeaderException at once if this replica no longer leads
   * @throws KubernetesClientException at once if the API server answers nothing at all
   */
  public <T> void each(List<T> items, Consumer<T> work, BiConsumer<T, RuntimeException> failed) {
    AtomicReference<RuntimeException> end = new AtomicReference<>();
    CompletableFuture.allOf(
            items.stream()
                .map(
                    item ->
                        CompletableFuture.runAsync(
                            () -> {
                              if (end.get() == null) {
                                one(item, work, failed, end);
                              }
                            },
                            threads))
                .toArray(CompletableFuture[]::new))
        .join();
    if (end.get() != null) {
      throw end.get();
    }
  }

  private static <T> void one(
      T item,
      Consumer<T> work,
      BiConsumer<T, RuntimeException> failed,
      AtomicReference<RuntimeException> end) {
    try {
      work.accept(item);
    } catch (RuntimeException e) {
      if (isOfAll(e)) {
        end.compareAndSet(null, e);
      } else {
        failed.accept(item, e);
      }
    }
  }

  /** Returns whether a failure does not concern one object only, so that others would fail too. */
  public static boolean isOfAll(RuntimeException failure) {
    return failure instanceof NotLeaderException
        || (failure instanceof KubernetesClientException e
            && (NO_ANSWER.contains(e.getCode()) || e.getCode() >= SERVER_ERROR));
  }
}
