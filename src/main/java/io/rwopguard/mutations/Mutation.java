package io.rwopguard.mutations;

/**
 * One edit of a pod spec that uses a ReadWriteOncePod volume. Mutations are pure, and a second run
 * changes nothing.
 */
public interface Mutation {

  /** Returns the stable kebab-case name. */
  String id();

  /** Returns which field it sets and when, in one sentence for its page in the documents. */
  String summary();

  /** Makes the edit, or does nothing if there is nothing to do. */
  void apply(SingleWriterPod pod, PatchBuilder draft);
}
