package io.rwopguard.migration;

/** What to do after one of the lines for kubectl stopped. */
final class KubectlAdvice {

  static final String PRINT_AGAIN = "print these lines again";

  /** Without a record, nothing tells after a stop that the rest of the move is to be done. */
  private static final String FROM_HERE =
      "the claims are moved; when you know the cause, paste the lines before 'Before' again, and those from this step on";

  private static final String BY_HAND =
      "the claims are moved; if it was deployed meanwhile, give what deploys it the new access modes, delete it with --cascade=orphan, deploy it and scale it up, then paste the lines of the last step";

  private final Unit unit;
  private final Look look;

  /**
   * Creates one.
   *
   * @param look before the first step
   */
  KubectlAdvice(Unit unit, Look look) {
    this.unit = unit;
    this.look = look;
  }

  /** Says what to do after one of a step's commands stopped. */
  String after(Next next) {
    if (look.remembering().isPresent()) {
      return PRINT_AGAIN;
    }
    if (next instanceof Next.VolumeWrite write) {
      boolean late = write.step() == Step.FINISH || write.step() == Step.KEEP_SET;
      return late ? FROM_HERE : printAgain(write.member());
    }
    if (next instanceof Next.ClaimWrite write) {
      return printAgain(write.member());
    }
    if (next instanceof Next.ClaimCreation creation) {
      return printAgain(creation.member());
    }
    if (next instanceof Next.WorkloadWrite write) {
      return write.step() == Step.SCALE_DOWN
          ? PRINT_AGAIN
          : write.step() == Step.DELETE_SET ? BY_HAND : FROM_HERE;
    }
    if (next instanceof Next.SetCreation) {
      return FROM_HERE;
    }
    if (next instanceof Next.Waiting waiting) {
      for (int i = 0; i < unit.claims().size(); i++) {
        if (waiting.why().startsWith("claim %s is ".formatted(unit.claims().get(i).key()))) {
          return printAgain(i);
        }
      }
    }
    return PRINT_AGAIN;
  }

  /** A claim that is gone is found by its volume only if it is the one that is asked for. */
  private String printAgain(int member) {
    return PRINT_AGAIN + " for claim " + unit.claims().get(member).key();
  }
}
