package io.rwopguard.failover.execution;

import io.rwopguard.failover.plan.Refusal;
import java.util.Optional;

/** The result of one step of a failover. */
sealed interface StepResult {

  /** The next step may follow at once. */
  StepResult CONTINUE = new Continue();

  /** Nothing more can be done now. */
  StepResult WAIT = new Wait();

  /** Returns the result of a step that a check may have prevented. */
  static StepResult unless(Optional<Refusal> refusal) {
    return refusal.<StepResult>map(HeldUp::new).orElse(CONTINUE);
  }

  /** The next step may follow at once. */
  record Continue() implements StepResult {}

  /** Nothing more can be done now. */
  record Wait() implements StepResult {}

  /**
   * The step was not carried out: a check prevented it, or the API server refused it.
   *
   * @param why the reason
   */
  record HeldUp(Refusal why) implements StepResult {}
}
