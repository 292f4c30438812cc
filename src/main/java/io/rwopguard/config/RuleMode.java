package io.rwopguard.config;

import io.rwopguard.model.Severity;
import java.util.Locale;
import java.util.Optional;

/** The consequence of a rule's findings, as set by a user. */
public enum RuleMode {
  /** The request is refused. */
  DENY(Optional.of(Severity.DENY)),
  /** The request is let through with a warning. */
  WARN(Optional.of(Severity.WARN)),
  /**
   * The request is let through, and only the audit log, the metrics and the service's log report
   * it.
   */
  AUDIT(Optional.of(Severity.AUDIT)),
  /** The rule is not evaluated. */
  OFF(Optional.empty());

  private final Optional<Severity> severity;

  RuleMode(Optional<Severity> severity) {
    this.severity = severity;
  }

  /** Returns the severity of the findings; empty if there are to be none. */
  public Optional<Severity> severity() {
    return severity;
  }

  /** Returns the mode of this name, as users write it: deny, warn, audit, off. */
  public static Optional<RuleMode> of(String label) {
    for (RuleMode mode : values()) {
      if (mode.name().toLowerCase(Locale.ROOT).equals(label)) {
        return Optional.of(mode);
      }
    }
    return Optional.empty();
  }
}
