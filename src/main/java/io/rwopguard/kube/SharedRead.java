package io.rwopguard.kube;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Shares an expensive read among threads. One read runs at a time, and the next one answers all
 * callers that asked before it started. So no caller gets an answer that is older than its request.
 */
public final class SharedRead<T> {

  private final Supplier<T> read;
  private final Object turn = new Object();
  private CompletableFuture<T> next;

  /** Creates a shared read that has not started. */
  public SharedRead(Supplier<T> read) {
    this.read = read;
  }

  /** Returns what a read that started after this call returned, or throws what it threw. */
  public T get() {
    CompletableFuture<T> answer;
    boolean first;
    synchronized (this) {
      first = next == null;
      if (first) {
        next = new CompletableFuture<>();
      }
      answer = next;
    }
    if (first) {
      run(answer);
    }
    try {
      return answer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private void run(CompletableFuture<T> answer) {
    synchronized (turn) {
      synchronized (this) {
        next = null;
      }
      try {
        answer.complete(read.get());
      } catch (Throwable e) {
        answer.completeExceptionally(e);
      }
    }
  }
}
