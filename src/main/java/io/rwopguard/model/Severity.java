package io.rwopguard.model;

import java.util.Locale;

/** The consequence of a finding for the request, the most serious first. */
public enum Severity {
  /** The request is refused. */
  DENY,
  /** The request is let through with a warning that kubectl prints. */
  WARN,
  /**
   * The request is let through, and only the audit log, the metrics and the service's log report
   * it.
   */
  AUDIT;

  /** Returns this severity, or the other if that is less serious. */
  public Severity atMost(Severity other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** Returns the name as users write it: deny, warn, audit. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
