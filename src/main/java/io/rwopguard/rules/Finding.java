package io.rwopguard.rules;

import io.rwopguard.workload.FieldPath;

/**
 * One thing that is wrong with an object.
 *
 * @param rule the id of the rule that found it
 * @param field where it is
 * @param detail what is wrong and why
 * @param remedy what to write instead
 */
public record Finding(
    String rule, Severity severity, FieldPath field, String detail, String remedy) {

  /** All of it in one breath, for a person. */
  public String message() {
    return field + ": " + detail + "; " + remedy + " (" + rule + ")";
  }

  /** The same finding, as a warning. */
  public Finding asWarning() {
    return new Finding(rule, Severity.WARN, field, detail, remedy);
  }

  /** Whether the other finding is about the same thing, however serious each is taken. */
  public boolean isSameAs(Finding other) {
    return asWarning().equals(other.asWarning());
  }
}
