package io.rwopguard.rules;

import java.util.Locale;
import java.util.Optional;

/** What becomes of what a rule finds, where a user has decided so. */
public enum RuleMode {
  /** The request is refused. */
  DENY(Optional.of(Severity.DENY)),
  /** The request is let through with a warning. */
  WARN(Optional.of(Severity.WARN)),
  /**
   * The request is let through, and only the audit log, the metrics and the service's log tell of
   * it.
   */
  AUDIT(Optional.of(Severity.AUDIT)),
  /** The rule is not asked. */
  OFF(Optional.empty());

  private final Optional<Severity> severity;

  RuleMode(Optional<Severity> severity) {
    this.severity = severity;
  }

  /** How seriously a finding is taken; empty if there is to be none. */
  public Optional<Severity> severity() {
    return severity;
  }

  /** The mode of this name, as people write it: deny, warn, audit, off. */
  public static Optional<RuleMode> of(String label) {
    for (RuleMode mode : values()) {
      if (mode.name().toLowerCase(Locale.ROOT).equals(label)) {
        return Optional.of(mode);
      }
    }
    return Optional.empty();
  }
}
