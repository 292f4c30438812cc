package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * How soon a sick container is to be found.
 *
 * @param periodSeconds seconds between two checks
 * @param failureThreshold failed checks in a row until the restart
 * @param startupBudgetSeconds what a container may take to start, at the least
 */
public record LivenessTarget(int periodSeconds, int failureThreshold, int startupBudgetSeconds) {

  private static final int DEFAULT_TIMEOUT_SECONDS = 3;

  /** The most that a check may wait for its answer, so that the next one is not held up. */
  public int timeoutSeconds() {
    return periodSeconds;
  }

  /**
   * Gives a check the times of this target. It waits three seconds for an answer, if it does not
   * say otherwise: enough for a TCP connection whose first packet was lost and is sent again after
   * one.
   */
  ObjectNode timed(ObjectNode check) {
    int timeout = check.path("timeoutSeconds").asInt(DEFAULT_TIMEOUT_SECONDS);
    return check
        .put("timeoutSeconds", Math.min(timeout, timeoutSeconds()))
        .put("periodSeconds", periodSeconds)
        .put("failureThreshold", failureThreshold);
  }

  /** The seconds from the first failed check to the restart, at the most. */
  public int detectionSeconds() {
    return periodSeconds * failureThreshold;
  }
}
