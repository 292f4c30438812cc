package io.rwopguard.mutations;

/**
 * How soon a sick container is to be found.
 *
 * @param periodSeconds seconds between two checks
 * @param failureThreshold failed checks in a row until the restart
 * @param startupBudgetSeconds what a container may take to start, at the least
 */
public record LivenessTarget(int periodSeconds, int failureThreshold, int startupBudgetSeconds) {

  /** The seconds from the first failed check to the restart, at the most. */
  public int detectionSeconds() {
    return periodSeconds * failureThreshold;
  }
}
