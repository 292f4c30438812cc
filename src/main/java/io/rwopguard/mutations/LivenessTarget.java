package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.profiles.Profile;
import io.rwopguard.profiles.Profiles;
import io.rwopguard.workload.Container;
import io.rwopguard.workload.PodTemplate;
import java.util.Optional;

/**
 * How soon a sick container is to be found.
 *
 * @param periodSeconds seconds between two checks
 * @param failureThreshold failed checks in a row until the restart
 * @param startupBudgetSeconds what a container may take to start, at the least
 * @param timeoutSeconds the most that a check may wait for its answer
 */
public record LivenessTarget(
    int periodSeconds, int failureThreshold, int startupBudgetSeconds, int timeoutSeconds) {

  private static final int DEFAULT_TIMEOUT_SECONDS = 3;

  /** One whose checks wait no longer for an answer than until the next one is due. */
  public LivenessTarget(int periodSeconds, int failureThreshold, int startupBudgetSeconds) {
    this(periodSeconds, failureThreshold, startupBudgetSeconds, periodSeconds);
  }

  /** Returns the same, with the patience that the engine of a container needs. */
  LivenessTarget of(Container container, PodTemplate template) {
    Optional<Profile> profile = Profiles.of(container, template);
    int patience =
        profile.flatMap(Profile::patience).map(Profile.Statement::value).orElse(detectionSeconds());
    int slowest =
        profile.flatMap(Profile::slowCheck).map(Profile.Statement::value).orElse(timeoutSeconds);
    int failures = (patience + periodSeconds - 1) / periodSeconds;
    return new LivenessTarget(
        periodSeconds,
        Math.max(failures, failureThreshold),
        startupBudgetSeconds,
        Math.max(slowest, timeoutSeconds));
  }

  /**
   * Returns the same, whose checks fail for longer than this many seconds before the container is
   * restarted: from the first one that fails at once to the last.
   */
  LivenessTarget exceeding(int stallSeconds) {
    int failures = stallSeconds == 0 ? 0 : stallSeconds / periodSeconds + 2;
    return new LivenessTarget(
        periodSeconds, Math.max(failures, failureThreshold), startupBudgetSeconds, timeoutSeconds);
  }

  /**
   * Gives a check the times of this target. It waits three seconds for an answer, if it does not
   * say otherwise: enough for a TCP connection whose first packet was lost and is sent again after
   * one.
   */
  ObjectNode timed(ObjectNode check) {
    int timeout = check.path("timeoutSeconds").asInt(DEFAULT_TIMEOUT_SECONDS);
    return check
        .put("timeoutSeconds", Math.min(timeout, timeoutSeconds))
        .put("periodSeconds", periodSeconds)
        .put("failureThreshold", failureThreshold);
  }

  /** The seconds from the first failed check to the restart, at the most. */
  public int detectionSeconds() {
    return Math.max(periodSeconds, timeoutSeconds) * failureThreshold;
  }
}
