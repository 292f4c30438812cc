package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.profiles.Profile;
import io.rwopguard.profiles.Profiles;
import java.util.Optional;

/**
 * The time within which an unhealthy container is to be detected.
 *
 * @param periodSeconds seconds between two checks
 * @param failureThreshold failed checks in a row until the restart
 * @param startupBudgetSeconds the minimum that a container gets to start
 * @param timeoutSeconds the maximum that a check may wait for its answer
 */
public record LivenessTarget(
    int periodSeconds, int failureThreshold, int startupBudgetSeconds, int timeoutSeconds) {

  private static final int DEFAULT_TIMEOUT_SECONDS = 3;

  /**
   * Creates a target whose checks wait for an answer no longer than until the next check is due.
   */
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
   * Returns the same target for checks that fail for longer than this many seconds before the
   * restart. The time counts from the first check that fails immediately to the last.
   */
  LivenessTarget exceeding(int stallSeconds) {
    int failures = stallSeconds == 0 ? 0 : stallSeconds / periodSeconds + 2;
    return new LivenessTarget(
        periodSeconds, Math.max(failures, failureThreshold), startupBudgetSeconds, timeoutSeconds);
  }

  /**
   * Sets the times of this target in a check. The default timeout is three seconds, enough for a
   * TCP connection that resends its lost first packet after one.
   */
  ObjectNode timed(ObjectNode check) {
    int timeout = check.path("timeoutSeconds").asInt(DEFAULT_TIMEOUT_SECONDS);
    return check
        .put("timeoutSeconds", Math.min(timeout, timeoutSeconds))
        .put("periodSeconds", periodSeconds)
        .put("failureThreshold", failureThreshold);
  }

  /** Returns the maximum number of seconds from the first failed check to the restart. */
  public int detectionSeconds() {
    return Math.max(periodSeconds, timeoutSeconds) * failureThreshold;
  }
}
