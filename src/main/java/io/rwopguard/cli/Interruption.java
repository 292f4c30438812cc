package io.rwopguard.cli;

/** Prints how to resume when a signal ends a command in the middle of its work. */
final class Interruption {

  private volatile boolean over;

  private Interruption(String said) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (!over) {
                    System.err.println("rwop-guard: " + said);
                  }
                },
                "interruption"));
  }

  /** Prints this on standard error if the process ends before {@link #over} is called. */
  static Interruption of(String said) {
    return new Interruption(said);
  }

  /** Records that the work is complete, so that nothing is printed. */
  void over() {
    over = true;
  }
}
