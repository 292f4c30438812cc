package io.rwopguard.testing.process;

import java.util.concurrent.TimeUnit;

/** Ends the processes that tests start. */
public final class Processes {

  private static final int SECONDS = 20;

  private Processes() {}

  /** Ends a process as a kubelet does: SIGTERM, and SIGKILL only if that is ignored. */
  public static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
