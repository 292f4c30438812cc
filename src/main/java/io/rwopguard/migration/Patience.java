package io.rwopguard.migration;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.cluster.Problems;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Ends a move that waits in vain, after as long as what it waits for may need. */
final class Patience {

  /** No longer for Pods, whatever their grace period: some have one of a week. */
  private static final Duration GRACE_AT_MOST = Duration.ofHours(1);

  /** What a kubelet, the detachment and their controllers need beyond a grace period. */
  private static final Duration MORE = Duration.ofSeconds(60);

  private static final int TOO_MANY = 429;
  private static final int SERVER_ERRORS = 500;

  private final Duration least;

  /** By what is waited for: since when. */
  private final Map<String, Long> begun = new HashMap<>();

  private long silentSince;
  private boolean silent;

  Patience(Duration least) {
    this.least = least;
  }

  /**
   * Counts the time that a step takes since it was begun.
   *
   * @throws RefusedException if it has taken too long
   */
  void check(Next next, Look look, String text, String refusal) {
    Duration most = most(next, look);
    if (System.nanoTime() - begun.get(text) > most.toNanos()) {
      throw new RefusedException(
          "this did not happen within %d minutes: %s%s; look why, and run the command again to resume (with --wait to wait longer), or with --rollback to go back"
              .formatted(most.toMinutes(), text, refusal));
    }
  }

  /** A step was done, which gives each other one its full time again. */
  void goesOn() {
    begun.clear();
  }

  /** The step is begun, if it was not before. */
  void begins(String text) {
    begun.putIfAbsent(text, System.nanoTime());
  }

  /** A Pod may use its grace period, and a workload at 0 replicas is better moved than left. */
  Duration most(Next next, Look look) {
    boolean ofPods =
        next instanceof Next.Waiting
            && (!look.workload().pods().isEmpty() || look.workload().unended().isPresent());
    if (!ofPods || look.object().isEmpty()) {
      return least;
    }
    Duration grace =
        EndOfPods.graceOf(look.object().get().path("spec").path("template").path("spec"));
    Duration needed = (grace.compareTo(GRACE_AT_MOST) > 0 ? GRACE_AT_MOST : grace).plus(MORE);
    return needed.compareTo(least) > 0 ? needed : least;
  }

  /** Whether a request that failed so may succeed a moment later. */
  static boolean isOfAMoment(KubernetesClientException failure) {
    // below 1 if there was no answer at all
    return failure.getCode() <= 0
        || failure.getCode() == TOO_MANY
        || failure.getCode() >= SERVER_ERRORS;
  }

  /** The API server has answered. */
  void isAnswered() {
    silent = false;
  }

  /**
   * The API server has not done what it was asked.
   *
   * @throws KubernetesClientException the failure itself if it is not one of a moment, or has
   *     lasted too long
   */
  void fails(KubernetesClientException failure) {
    if (!silent) {
      silent = true;
      silentSince = System.nanoTime();
    }
    if (!isOfAMoment(failure) || System.nanoTime() - silentSince > least.toNanos()) {
      throw failure;
    }
  }

  /** Says what the API server answered, for people. */
  static String said(KubernetesClientException failure) {
    return "the API server does not answer as it should (%s); trying again"
        .formatted(Problems.textOf(failure));
  }
}
