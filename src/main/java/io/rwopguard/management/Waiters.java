package io.rwopguard.management;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The requests that wait for the answer to one question. Their number is limited, and so is that of
 * all: no more than {@link AskLimits#OPEN} questions are open.
 */
final class Waiters {

  /** The number of requests that may wait for the same answer. */
  static final int MOST = 16;

  private final List<CompletableFuture<Decision>> waiting = new ArrayList<>();

  /**
   * Adds a request, if not too many wait. To cancel what is returned makes it forgotten before the
   * answer arrives.
   */
  synchronized CompletableFuture<Decision> add() {
    if (waiting.size() >= MOST) {
      return CompletableFuture.completedFuture(Decision.BUSY);
    }
    CompletableFuture<Decision> one = new CompletableFuture<>();
    waiting.add(one);
    var unused = one.whenComplete((decision, error) -> remove(one));
    return one;
  }

  private synchronized void remove(CompletableFuture<Decision> one) {
    waiting.removeIf(each -> each == one);
  }

  private synchronized List<CompletableFuture<Decision>> all() {
    return List.copyOf(waiting);
  }

  void complete(Decision decision) {
    all().forEach(each -> each.complete(decision));
  }
}
