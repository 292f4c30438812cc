package io.rwopguard.drivers;

import java.util.Locale;

/** The answer to a question about a driver. */
public enum Answer {
  YES,
  NO,
  UNKNOWN;

  /** Returns the answer in the form of the data file and the documents. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
