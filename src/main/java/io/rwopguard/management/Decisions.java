package io.rwopguard.management;

import io.rwopguard.kube.Hashes;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;

/**
 * Remembers decisions for a short time, and limits the questions that callers cause. Requests with
 * the same token and path share a question. Any Pod may send any number of tokens, so a token and
 * path that were never allowed have a separate limit: a flood of them keeps no known reader out.
 * Tokens are kept as hashes only.
 */
final class Decisions {

  private static final int MOST_ALLOWED = 256;
  private static final int MOST_DENIED = 1_024;

  /** The time for which a token and path count as known after the API server was last asked. */
  private static final long KNOWN_NANOS = Duration.ofHours(1).toNanos();

  /** Asks the API server, and waits for the answer. */
  @FunctionalInterface
  interface Question {
    Decision ask(String token, String path);
  }

  private record Key(String tokenHash, String path) {}

  /** A decision, and when its question was asked. */
  private record Kept(Decision decision, long asked) {}

  /** A map that forgets what was least recently decided. */
  private static final class Recent extends LinkedHashMap<Key, Kept> {

    private static final long serialVersionUID = 1;
    private final int most;

    Recent(int most) {
      this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Key, Kept> eldest) {
      return size() > most;
    }
  }

  private final Question question;
  private final Executor threads;
  private final LongSupplier nanos;
  private final long allowedNanos;
  private final long deniedNanos;
  private final AskLimits limits;
  private final Map<Key, Kept> allowed = new Recent(MOST_ALLOWED);
  private final Map<Key, Kept> denied = new Recent(MOST_DENIED);
  private final Map<Key, CompletableFuture<Decision>> open = new HashMap<>();

  /**
   * Creates an empty memory.
   *
   * @param threads runs questions; at least {@link AskLimits#OPEN} at a time
   * @param nanos the monotonic clock
   */
  Decisions(
      Question question,
      Executor threads,
      Duration allowedFor,
      Duration deniedFor,
      LongSupplier nanos) {
    this.question = question;
    this.threads = threads;
    this.nanos = nanos;
    this.allowedNanos = allowedFor.toNanos();
    this.deniedNanos = deniedFor.toNanos();
    this.limits = new AskLimits(nanos.getAsLong());
  }

  /**
   * Returns the decision about this token and path, at once or when the API server has answered.
   *
   * @param address the address of the caller
   */
  CompletableFuture<Decision> of(String token, String path, String address) {
    Key key = new Key(Hashes.sha256(token), path);
    CompletableFuture<Decision> answer = new CompletableFuture<>();
    Optional<Runnable> admitted;
    long now;
    synchronized (this) {
      now = nanos.getAsLong();
      Kept before = allowed.get(key);
      if (before != null && now - before.asked() < allowedNanos) {
        return CompletableFuture.completedFuture(before.decision());
      }
      Kept denial = denied.get(key);
      if (denial != null && now - denial.asked() < deniedNanos) {
        return CompletableFuture.completedFuture(denial.decision());
      }
      CompletableFuture<Decision> same = open.get(key);
      if (same != null) {
        return same;
      }
      boolean isKnown = before != null && now - before.asked() < KNOWN_NANOS;
      admitted = limits.admit(isKnown, address, now);
      if (admitted.isEmpty()) {
        return CompletableFuture.completedFuture(Decision.BUSY);
      }
      open.put(key, answer);
    }
    Runnable ended = admitted.get();
    try {
      threads.execute(() -> ask(token, key, ended, answer, now));
    } catch (RejectedExecutionException e) {
      end(key, ended, answer, new Kept(Decision.BUSY, now));
    }
    return answer;
  }

  private void ask(
      String token, Key key, Runnable ended, CompletableFuture<Decision> answer, long now) {
    Decision decision = Decision.UNAVAILABLE;
    try {
      decision = question.ask(token, key.path());
    } catch (RuntimeException e) {
      // the question has logged it
      decision = Decision.UNAVAILABLE;
    } finally {
      // after an error of the JVM, too: no request may wait forever
      end(key, ended, answer, new Kept(decision, now));
    }
  }

  private void end(Key key, Runnable ended, CompletableFuture<Decision> answer, Kept kept) {
    synchronized (this) {
      ended.run();
      open.remove(key);
      switch (kept.decision().outcome()) {
        case ALLOWED -> keep(allowed, denied, key, kept);
        case UNAUTHENTICATED, FORBIDDEN -> keep(denied, allowed, key, kept);
        case UNAVAILABLE, BUSY -> {}
      }
    }
    answer.complete(kept.decision());
  }

  private static void keep(Map<Key, Kept> in, Map<Key, Kept> notIn, Key key, Kept kept) {
    notIn.remove(key);
    // at the end of the order
    in.remove(key);
    in.put(key, kept);
  }
}
