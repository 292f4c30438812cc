package io.rwopguard.migration.kubectl;

import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;

/** Advises what to do after one of the lines for kubectl stopped. */
final class KubectlAdvice {

  static final String PRINT_AGAIN = "Print these lines again";

  /** The advice for steps that a plan may miss if it is printed again: no record shows them. */
  private static final String FROM_HERE =
      "When you know the cause, paste the lines before the first kubectl again, and then the lines from this step to the end";

  private static final String CREATED =
      FROM_HERE + ". Leave out this step if the claim exists by then";

  private static final String FROM_NEXT =
      "Once it is gone, paste the lines before the first kubectl again, and then the lines from the next step to the end";

  private static final String BY_HAND =
      "The claims are migrated. If the StatefulSet was deployed meanwhile, set the new access modes in its deployment tool and delete it with --cascade=orphan. Then deploy it again, scale it up, and paste the lines before the first kubectl again, and those that restore the reclaim policies";

  private final MigrationScope unit;
  private final ObservedState look;

  /**
   * Creates the advice for a migration.
   *
   * @param look the observed state before the first step
   */
  KubectlAdvice(MigrationScope unit, ObservedState look) {
    this.unit = unit;
    this.look = look;
  }

  /**
   * Returns what to do after one of a step's commands stopped.
   *
   * @param first whether it is the first of them, which writes; the others wait
   */
  String after(NextStep next, boolean first) {
    return switch (next.step()) {
      case DELETE_SET -> first ? look.remembering().isPresent() ? PRINT_AGAIN : BY_HAND : FROM_NEXT;
      case CREATE_CLAIM -> CREATED;
      case WAIT, KEEP_SET, CREATE_SET, SCALE_UP, FINISH -> FROM_HERE;
      default -> printAgain(next);
    };
  }

  /** Returns the advice to print again. A deleted claim is found only if the user names it. */
  private String printAgain(NextStep next) {
    if (next instanceof NextStep.VolumeWrite write) {
      return printAgain(write.member());
    }
    return next instanceof NextStep.ClaimWrite write ? printAgain(write.member()) : PRINT_AGAIN;
  }

  private String printAgain(int member) {
    return PRINT_AGAIN + " for claim " + unit.claims().get(member).key();
  }
}
