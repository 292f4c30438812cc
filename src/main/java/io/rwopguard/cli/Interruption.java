package io.rwopguard.cli;

/** Says how to go on when a signal ends a command in the middle of its work. */
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

  /** There is nothing to go on with any more. */
  void over() {
    over = true;
  }
}
