package io.rwopguard.migration.execution;

import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Step;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Counts how often a step was done. If a step has to be repeated often, something undoes it, such
 * as an admission webhook. The migration would then never end.
 */
final class StepCounter {

  /** The number of times without a pause, about as deployments and status updates require. */
  static final int WITHOUT_PAUSE = 3;

  private static final int AT_MOST = 3;

  /** The steps that only have to be repeated if something undoes them. */
  private static final Set<Step> ONCE =
      EnumSet.of(
          Step.RETAIN,
          Step.DELETE_CLAIM,
          Step.RELEASE,
          Step.CREATE_CLAIM,
          Step.DELETE_SET,
          Step.CREATE_SET,
          Step.SCALE_UP,
          Step.FINISH);

  private final Map<String, Integer> done = new HashMap<>();

  /**
   * Counts a step that was done.
   *
   * @return how often it was done
   * @throws RefusedException if something undoes it
   */
  int count(Step step, String text) {
    int times = done.merge(text, 1, Integer::sum);
    if (ONCE.contains(step) && times > AT_MOST) {
      throw new RefusedException(
          "this step was done %d times and reverted each time: %s. Find the admission policy, webhook or controller that reverts it. Then run the command again to resume, or with --rollback to roll back."
              .formatted(AT_MOST, text));
    }
    return times;
  }
}
