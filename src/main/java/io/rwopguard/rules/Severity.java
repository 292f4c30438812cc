package io.rwopguard.rules;

/** What becomes of a request that has a finding. */
public enum Severity {
  /** The request is refused. */
  DENY,
  /** The request is let through with a warning that kubectl prints. */
  WARN
}
