package io.rwopguard.rules;

import java.util.Locale;

/** What becomes of a request that has a finding, the most serious first. */
public enum Severity {
  /** The request is refused. */
  DENY,
  /** The request is let through with a warning that kubectl prints. */
  WARN,
  /**
   * The request is let through, and only the audit log, the metrics and the service's log tell of
   * it.
   */
  AUDIT;

  /** This one, or the other if that is less serious. */
  Severity atMost(Severity other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** As people write it: deny, warn, audit. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
