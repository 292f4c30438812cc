package io.rwopguard.config;

/** What becomes of what a rule finds, where a user has decided so. */
public enum RuleMode {
  /** The request is refused. */
  DENY,
  /** The request is let through with a warning. */
  WARN,
  /**
   * The request is let through, and only the audit log, the metrics and the service's log tell of
   * it.
   */
  AUDIT,
  /** The rule is not asked. */
  OFF
}
