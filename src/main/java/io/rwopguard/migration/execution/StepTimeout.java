package io.rwopguard.migration.execution;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Ends a migration that waits in vain, after the longest time that the wait may need. */
final class StepTimeout {

  /** The longest wait for Pods, whatever their grace period: some have one of a week. */
  private static final Duration GRACE_AT_MOST = Duration.ofHours(1);

  /** The time that a kubelet, the detachment and their controllers need beyond a grace period. */
  private static final Duration MORE = Duration.ofSeconds(60);

  private static final int TOO_MANY = 429;
  private static final int SERVER_ERRORS = 500;

  private final Duration least;

  /** The start of each step, by its text. */
  private final Map<String, Long> started = new HashMap<>();

  private long silentSince;
  private boolean silent;

  StepTimeout(Duration least) {
    this.least = least;
  }

  /**
   * Checks the time that a step has taken since it started.
   *
   * @throws RefusedException if it has taken too long
   */
  void check(NextStep next, ObservedState look, String text, String refusal) {
    Duration most = most(next, look);
    if (System.nanoTime() - started.get(text) > most.toNanos()) {
      throw new RefusedException(
          "timed out after %d minutes: %s%s. Find the cause, and run the command again to resume (with --wait to wait longer), or with --rollback to roll back."
              .formatted(most.toMinutes(), text, refusal));
    }
  }

  /** Gives each step its full time again, after a step was done. */
  void goesOn() {
    started.clear();
  }

  /** Records the start of a step, unless it has started before. */
  void begins(String text) {
    started.putIfAbsent(text, System.nanoTime());
  }

  /**
   * Returns the limit for a step. A Pod may use its grace period, and it is better to complete a
   * migration than to leave its workload at 0 replicas.
   */
  Duration most(NextStep next, ObservedState look) {
    boolean ofPods =
        next instanceof NextStep.Waiting
            && (!look.workload().pods().isEmpty() || look.workload().unended().isPresent());
    if (!ofPods || look.object().isEmpty()) {
      return least;
    }
    Duration grace = PodTermination.graceOf(KubeObject.of(look.object().get()).podSpec());
    Duration needed = (grace.compareTo(GRACE_AT_MOST) > 0 ? GRACE_AT_MOST : grace).plus(MORE);
    return needed.compareTo(least) > 0 ? needed : least;
  }

  /** Returns whether a request with this failure may succeed a moment later. */
  static boolean isOfAMoment(KubernetesClientException failure) {
    // below 1 if there was no answer at all
    return failure.getCode() <= 0
        || failure.getCode() == TOO_MANY
        || failure.getCode() >= SERVER_ERRORS;
  }

  /** Records that the API server has answered. */
  void isAnswered() {
    silent = false;
  }

  /**
   * Records that the API server has not done what it was asked.
   *
   * @throws KubernetesClientException the failure itself if it is not temporary, or has lasted too
   *     long
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

  /** Returns the answer of the API server as text for people. */
  static String said(KubernetesClientException failure) {
    return "request to the API server failed (%s); retrying"
        .formatted(ConditionLog.textOf(failure));
  }
}
