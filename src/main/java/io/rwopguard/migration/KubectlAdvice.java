package io.rwopguard.migration;

/** Advises what to do after one of the lines for kubectl stopped. */
final class KubectlAdvice {

  static final String PRINT_AGAIN = "print these lines again";

  /** The advice for steps that a plan may miss if it is printed again: no record shows them. */
  private static final String FROM_HERE =
      "when you know the cause, paste the lines before the first kubectl again, and those from this step on";

  private static final String CREATED =
      FROM_HERE + "; leave out this step if the claim exists by then";

  private static final String FROM_NEXT =
      "once it is gone, paste the lines before the first kubectl again, and those from the next step on";

  private static final String BY_HAND =
      "the claims are moved; if it was deployed meanwhile, give what deploys it the new access modes, delete it with --cascade=orphan, deploy it and scale it up, then paste the lines before the first kubectl again, and those that restore the reclaim policies";

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
