package io.rwopguard.drivers;

import java.util.Locale;

/** Answers a question about a driver. */
public enum Answer {
  YES,
  NO,
  UNKNOWN;

  /** Returns the answer as the data file and the documents write it. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
