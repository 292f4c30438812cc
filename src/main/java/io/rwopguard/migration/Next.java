package io.rwopguard.migration;

/**
 * The next step of a move. Whatever changes or deletes an object names the version of it that was
 * looked at; what is created is refused if there is an object of that name.
 */
sealed interface Next {

  /** What kind of step it is. */
  Step step();

  /** Nothing is left to do. */
  record Done() implements Next {
    @Override
    public Step step() {
      return Step.DONE;
    }
  }

  /**
   * Others have to do something first.
   *
   * @param why what is waited for
   */
  record Waiting(String why) implements Next {
    @Override
    public Step step() {
      return Step.WAIT;
    }
  }

  /**
   * A volume is changed.
   *
   * @param member the index of its claim
   * @param volume as it was looked at
   */
  record VolumeWrite(Step step, int member, ObjectVersion volume) implements Next {}

  /**
   * A claim is changed or deleted.
   *
   * @param member the index of the claim
   * @param claim as it was looked at
   */
  record ClaimWrite(Step step, int member, ObjectVersion claim) implements Next {}

  /**
   * A claim is created.
   *
   * @param member the index of the claim
   */
  record ClaimCreation(int member) implements Next {
    @Override
    public Step step() {
      return Step.CREATE_CLAIM;
    }
  }

  /**
   * A snapshot of a claim's volume is created.
   *
   * @param member the index of the claim
   */
  record SnapshotCreation(int member) implements Next {
    @Override
    public Step step() {
      return Step.SNAPSHOT;
    }
  }

  /**
   * The workload is changed or deleted.
   *
   * @param workload as it was looked at
   */
  record WorkloadWrite(Step step, ObjectVersion workload) implements Next {}

  /** The StatefulSet is created. */
  record SetCreation() implements Next {
    @Override
    public Step step() {
      return Step.CREATE_SET;
    }
  }
}
