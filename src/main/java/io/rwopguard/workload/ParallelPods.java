package io.rwopguard.workload;

/**
 * How many Pods an object's own numbers let run at the same time.
 *
 * @param count for a DaemonSet, which has one on each node, {@link #ONE_ON_EACH_NODE}
 * @param field where the number is written, or would be
 * @param takeTurns whether a Pod that has to wait for another is as good (a Job's are)
 */
public record ParallelPods(int count, FieldPath field, boolean takeTurns) {

  public static final int ONE_ON_EACH_NODE = Integer.MAX_VALUE;
}
