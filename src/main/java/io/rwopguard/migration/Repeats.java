package io.rwopguard.migration;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Counts how often a step was done. What has to be done again and again is undone by somebody, such
 * as an admission webhook, and would be done for ever.
 */
final class Repeats {

  /** As often as deployments and status updates make it necessary, about. */
  static final int WITHOUT_PAUSE = 3;

  private static final int AT_MOST = 3;

  /** Nothing but their being undone makes these necessary again. */
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
   * @return how often it was
   * @throws RefusedException if somebody undoes it
   */
  int count(Step step, String text) {
    int times = done.merge(text, 1, Integer::sum);
    if (ONCE.contains(step) && times > AT_MOST) {
      throw new RefusedException(
          "this was done %d times and undone each time: %s; look for the admission policy, webhook or controller that undoes it, then run the command again to resume, or with --rollback to go back"
              .formatted(AT_MOST, text));
    }
    return times;
  }
}
