package io.rwopguard.server.limits;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Bounds the memory of the large reviews that are evaluated at the same time, by the bytes of their
 * bodies. Others wait. The next one is of the caller that has the fewest bytes waiting, so that one
 * with many large reviews keeps no other out. If those that wait have too many bytes, one of the
 * caller with the most is refused.
 *
 * <p>What an evaluation holds is released when it is complete, whether its caller is still there or
 * not.
 */
public final class ReviewCapacity {

  /** The bytes that a request holds beside its body, of which its headers are most. */
  private static final int REQUEST = 16 << 10;

  /** An evaluation. */
  private record Waiting<T>(
      String caller,
      int size,
      BooleanSupplier abandoned,
      Function<Boolean, CompletionStage<T>> evaluation,
      CompletableFuture<T> result) {}

  private final int most;
  private final long mostWaiting;
  private final Executor executor;

  /** All that wait, the oldest first. They are large, so they are few. */
  private final List<Waiting<?>> waiting = new ArrayList<>();

  private final Map<String, Long> bytesOfCallers = new HashMap<>();
  private long used;
  private long waitingBytes;

  /**
   * Creates a capacity.
   *
   * @param most the bytes that are evaluated at the same time; a body that has more is evaluated
   *     alone
   * @param mostWaiting the bytes that may wait
   * @param executor runs the start of each evaluation
   */
  public ReviewCapacity(int most, long mostWaiting, Executor executor) {
    this.most = most;
    this.mostWaiting = mostWaiting;
    this.executor = executor;
  }

  /**
   * Evaluates a body when there is capacity.
   *
   * @param caller the address of the caller
   * @param abandoned whether the caller has gone; the body is then not evaluated
   * @param evaluation starts an evaluation; its argument is whether it may take time, since no
   *     other one waits
   * @return the result; it fails with {@link OverloadedException} if the body is refused, and with
   *     {@link AbandonedException} if it was abandoned
   */
  public <T> CompletionStage<T> evaluate(
      String caller,
      int size,
      BooleanSupplier abandoned,
      Function<Boolean, CompletionStage<T>> evaluation) {
    Waiting<T> added =
        new Waiting<>(caller, size + REQUEST, abandoned, evaluation, new CompletableFuture<>());
    List<Waiting<?>> refused = new ArrayList<>();
    List<Waiting<?>> gone;
    synchronized (this) {
      waiting.add(added);
      count(added, 1);
      gone = waitingBytes > mostWaiting ? removeAbandoned() : List.of();
      while (waitingBytes > mostWaiting && waiting.size() > 1) {
        refused.add(removeOfGreediest());
      }
    }
    gone.forEach(each -> each.result().completeExceptionally(new AbandonedException()));
    refused.forEach(each -> each.result().completeExceptionally(new OverloadedException()));
    startNext();
    return added.result();
  }

  private void count(Waiting<?> each, int sign) {
    long change = (long) sign * each.size();
    waitingBytes += change;
    bytesOfCallers.merge(
        each.caller(), change, (before, now) -> before + now == 0 ? null : before + now);
  }

  private List<Waiting<?>> removeAbandoned() {
    List<Waiting<?>> gone = new ArrayList<>();
    for (Iterator<Waiting<?>> all = waiting.iterator(); all.hasNext(); ) {
      Waiting<?> each = all.next();
      if (each.abandoned().getAsBoolean()) {
        all.remove();
        count(each, -1);
        gone.add(each);
      }
    }
    return gone;
  }

  /** Removes the newest of the caller that has the most bytes waiting. */
  private Waiting<?> removeOfGreediest() {
    int chosen = waiting.size() - 1;
    for (int i = chosen - 1; i >= 0; i--) {
      if (bytes(i) > bytes(chosen)) {
        chosen = i;
      }
    }
    return remove(chosen);
  }

  private long bytes(int index) {
    return bytesOfCallers.get(waiting.get(index).caller());
  }

  private Waiting<?> remove(int index) {
    Waiting<?> removed = waiting.remove(index);
    count(removed, -1);
    return removed;
  }

  private void startNext() {
    while (true) {
      Waiting<?> next;
      boolean mayTakeTime;
      synchronized (this) {
        if (waiting.isEmpty()) {
          return;
        }
        int chosen = 0;
        for (int i = 1; i < waiting.size(); i++) {
          if (bytes(i) < bytes(chosen)) {
            chosen = i;
          }
        }
        // the next one is never overtaken by a smaller one, which would keep a large one out
        if (used > 0 && used + weight(waiting.get(chosen)) > most) {
          return;
        }
        next = remove(chosen);
        used += weight(next);
        mayTakeTime = waiting.isEmpty();
      }
      start(next, mayTakeTime);
    }
  }

  private int weight(Waiting<?> each) {
    return Math.min(each.size(), most);
  }

  private <T> void start(Waiting<T> each, boolean mayTakeTime) {
    try {
      executor.execute(() -> evaluate(each, mayTakeTime));
    } catch (RuntimeException e) {
      // the process ends, and its threads take no more work
      release(each);
      each.result().completeExceptionally(e);
    }
  }

  private synchronized void release(Waiting<?> each) {
    used -= weight(each);
  }

  private <T> void evaluate(Waiting<T> each, boolean mayTakeTime) {
    CompletionStage<T> evaluation;
    try {
      evaluation =
          each.abandoned().getAsBoolean()
              ? CompletableFuture.failedFuture(new AbandonedException())
              : each.evaluation().apply(mayTakeTime);
    } catch (RuntimeException | Error e) {
      evaluation = CompletableFuture.failedFuture(e);
    }
    var unused =
        evaluation.whenComplete(
            (result, failure) -> {
              release(each);
              if (failure == null) {
                each.result().complete(result);
              } else {
                each.result().completeExceptionally(failure);
              }
              startNext();
            });
  }

  /** Thrown if a body is refused because too many others wait. */
  public static final class OverloadedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private OverloadedException() {
      super("too many large reviews wait", null, false, false);
    }
  }

  /** Thrown if the caller has gone before the evaluation. */
  public static final class AbandonedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private AbandonedException() {
      super("the caller has gone", null, false, false);
    }
  }
}
