package io.rwopguard.tracing;

import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/** Keeps the lines of a log, each with its level. */
final class LinesHandler extends Handler {

  private final List<String> lines;

  LinesHandler(List<String> lines) {
    this.lines = lines;
  }

  @Override
  public void publish(LogRecord line) {
    lines.add(line.getLevel() + " " + line.getMessage());
  }

  @Override
  public void flush() {
    // nothing is kept back
  }

  @Override
  public void close() {
    // nothing is open
  }
}
