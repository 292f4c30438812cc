package io.rwopguard.cli;

import io.rwopguard.audit.Auditor;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Help.Ansi;

/**
 * Shows the progress of a command as a bar in a terminal, and nothing elsewhere. A separate thread
 * prints it, so that a fast command shows no bar.
 */
final class Progress implements Auditor.Progress, AutoCloseable {

  private static final int BAR = 30;
  private static final long PAUSE_MILLIS = 200;
  private static final String ERASE = "\r\033[K";

  private final PrintStream out;
  private final boolean terminal;
  private final ScheduledExecutorService teller =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "progress");
            thread.setDaemon(true);
            return thread;
          });
  private volatile String line = "";

  Progress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** Creates a bar on standard error, which never contains a command's output. */
  @SuppressWarnings("FutureReturnValueIgnored") // close() ends it
  static Progress onStandardError() {
    Progress progress = new Progress(System.err, isTerminal());
    progress.teller.scheduleAtFixedRate(
        progress::tell, PAUSE_MILLIS, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    return progress;
  }

  /**
   * Returns whether standard error is a terminal. Java checks only input and output together, and
   * the output may be a file.
   */
  private static boolean isTerminal() {
    try {
      String name = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return name.startsWith("/dev/pts/") || name.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException noLinux) {
      return Ansi.AUTO.enabled();
    }
  }

  /** Shows the current step of work with an unknown length. */
  void at(String what) {
    line = what;
  }

  @Override
  public void at(String what, long done, long all) {
    // there may be more objects since they were counted
    long most = Math.max(all, done + 1);
    int part = (int) (done * BAR / most);
    line =
        "[%s%s] %d of %d, %s".formatted("#".repeat(part), ".".repeat(BAR - part), done, most, what);
  }

  /** Prints the current line. */
  void tell() {
    if (terminal) {
      out.print(ERASE + line);
      out.flush();
    }
  }

  @Override
  public void close() {
    teller.shutdownNow();
    if (terminal) {
      out.print(ERASE);
      out.flush();
    }
  }
}
