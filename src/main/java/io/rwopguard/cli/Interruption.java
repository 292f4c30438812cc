package io.rwopguard.cli;

/** Says how to resume when a signal ends a command in the middle of its work. */
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

  /** Says this on standard error if the process ends before this is {@link #over}. */
  static Interruption of(String said) {
    return new Interruption(said);
  }

  /** Records that the work is complete, so that nothing is said. */
  void over() {
    over = true;
  }
}
