package io.rwopguard.management;

import io.rwopguard.kube.Hashes;
import io.rwopguard.kube.RecentMap;
import java.time.Duration;
import java.util.HashMap;
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

  /** Asks the API server, and waits for the answer. */
  @FunctionalInterface
  interface Question {
    Decision ask(String token, String path);
  }

  private record Key(String tokenHash, String path) {}

  /** A decision, and when its question was asked. */
  private record Kept(Decision decision, long asked) {}

  /** A question that the API server has not answered, and what to run at its end. */
  private record Open(Key key, String address, long asked, Runnable ended, Waiters waiters) {}

  private final Question question;
  private final Executor threads;
  private final LongSupplier nanos;
  private final long allowedNanos;
  private final long deniedNanos;
  private final AskLimits limits;
  private final RecentMap<Key, Kept> allowed = new RecentMap<>(MOST_ALLOWED);
  private final RecentMap<Key, Kept> denied = new RecentMap<>(MOST_DENIED);
  private final Map<Key, Open> open = new HashMap<>();

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
   * Returns the decision about this token and path, at once or when the API server has answered. A
   * caller that no longer waits cancels it.
   *
   * @param path one of few: each has an entry for each token
   * @param address the address of the caller
   */
  CompletableFuture<Decision> of(String token, String path, String address) {
    Key key = new Key(Hashes.sha256(token), path);
    CompletableFuture<Decision> answer;
    Open asked;
    synchronized (this) {
      long now = nanos.getAsLong();
      Kept before = allowed.get(key);
      if (before != null && now - before.asked() < allowedNanos) {
        limits.allowed(address, before.asked());
        return CompletableFuture.completedFuture(before.decision());
      }
      Kept denial = denied.get(key);
      if (denial != null && now - denial.asked() < deniedNanos) {
        return CompletableFuture.completedFuture(denial.decision());
      }
      Open same = open.get(key);
      if (same != null) {
        return same.waiters().add();
      }
      Optional<Runnable> admitted =
          before != null && now - before.asked() < AskLimits.KNOWN_NANOS
              ? limits.admitKnown(key.tokenHash(), now)
              : limits.admitUnknown(address, now);
      if (admitted.isEmpty()) {
        return CompletableFuture.completedFuture(Decision.BUSY);
      }
      asked = new Open(key, address, now, admitted.get(), new Waiters());
      answer = asked.waiters().add();
      open.put(key, asked);
    }
    try {
      threads.execute(() -> ask(token, asked));
    } catch (RejectedExecutionException e) {
      end(asked, Decision.BUSY);
    } catch (RuntimeException | Error e) {
      // such as no memory for a thread: the next question may have some
      end(asked, Decision.UNAVAILABLE);
      throw e;
    }
    return answer;
  }

  private void ask(String token, Open asked) {
    Decision decision = Decision.UNAVAILABLE;
    try {
      decision = question.ask(token, asked.key().path());
    } catch (RuntimeException e) {
      // the question has logged it
      decision = Decision.UNAVAILABLE;
    } finally {
      // after an error of the JVM, too: no request may wait forever
      end(asked, decision);
    }
  }

  private void end(Open asked, Decision decision) {
    Key key = asked.key();
    Kept kept = new Kept(decision, asked.asked());
    synchronized (this) {
      asked.ended().run();
      open.remove(key);
      switch (decision.outcome()) {
        case ALLOWED -> {
          denied.remove(key);
          allowed.set(key, kept);
          limits.allowed(asked.address(), asked.asked());
        }
        case UNAUTHENTICATED, FORBIDDEN -> {
          allowed.remove(key);
          denied.set(key, kept);
        }
        case UNAVAILABLE, BUSY -> {}
      }
    }
    asked.waiters().complete(decision);
  }
}
