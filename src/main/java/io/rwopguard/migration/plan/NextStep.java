package io.rwopguard.migration.plan;

import io.rwopguard.migration.record.ObjectVersion;

/**
 * The next step of a migration. Each change or deletion of an object names the version that was
 * read. The API server refuses a creation if an object of that name exists.
 */
public sealed interface NextStep {

  /** Returns the kind of step. */
  Step step();

  /** The end of a migration: nothing is left to do. */
  record Done() implements NextStep {
    @Override
    public Step step() {
      return Step.DONE;
    }
  }

  /**
   * A wait for other programs.
   *
   * @param condition the condition to wait for
   */
  record Waiting(Wait condition) implements NextStep {
    @Override
    public Step step() {
      return Step.WAIT;
    }
  }

  /**
   * A change of a volume.
   *
   * @param member the index of its claim
   * @param volume the version that was read
   */
  record VolumeWrite(Step step, int member, ObjectVersion volume) implements NextStep {}

  /**
   * A change or the deletion of a claim.
   *
   * @param member the index of the claim
   * @param claim the version that was read
   */
  record ClaimWrite(Step step, int member, ObjectVersion claim) implements NextStep {}

  /**
   * The creation of a claim.
   *
   * @param member the index of the claim
   */
  record ClaimCreation(int member) implements NextStep {
    @Override
    public Step step() {
      return Step.CREATE_CLAIM;
    }
  }

  /**
   * The creation of a snapshot of a claim's volume.
   *
   * @param member the index of the claim
   */
  record SnapshotCreation(int member) implements NextStep {
    @Override
    public Step step() {
      return Step.SNAPSHOT;
    }
  }

  /**
   * A change or the deletion of the workload.
   *
   * @param workload the version that was read
   */
  record WorkloadWrite(Step step, ObjectVersion workload) implements NextStep {}

  /** The creation of the StatefulSet. */
  record SetCreation() implements NextStep {
    @Override
    public Step step() {
      return Step.CREATE_SET;
    }
  }
}
