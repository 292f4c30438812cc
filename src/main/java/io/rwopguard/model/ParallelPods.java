package io.rwopguard.model;

/**
 * The number of Pods that an object's own fields let run at the same time.
 *
 * @param count {@link #ONE_ON_EACH_NODE} for a DaemonSet, which has one on each node
 * @param field the field of that number, set or not
 * @param takeTurns whether Pods may run one after another without harm (a Job's may)
 */
public record ParallelPods(int count, FieldPath field, boolean takeTurns) {

  public static final int ONE_ON_EACH_NODE = Integer.MAX_VALUE;
}
