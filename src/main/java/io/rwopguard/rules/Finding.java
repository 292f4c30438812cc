package io.rwopguard.rules;

import io.rwopguard.workload.FieldPath;

/**
 * One thing that is wrong with an object.
 *
 * @param rule the id of the rule that found it
 * @param most what it never exceeds, whatever a mode says
 * @param field where it is
 * @param subject what it is about there: a claim, a source, the modes
 * @param detail what is wrong and why
 * @param remedy what to write instead
 */
public record Finding(
    String rule,
    Severity severity,
    Severity most,
    FieldPath field,
    String subject,
    String detail,
    String remedy) {

  public Finding {
    severity = severity.atMost(most);
  }

  /** A finding that a mode may take as seriously as it likes. */
  public Finding(
      String rule,
      Severity severity,
      FieldPath field,
      String subject,
      String detail,
      String remedy) {
    this(rule, severity, Severity.DENY, field, subject, detail, remedy);
  }

  /** All of it in one breath, for a person. */
  public String message() {
    return field + ": " + detail + "; " + remedy + " (" + rule + ")";
  }

  /** The same finding, taken this seriously, or as seriously as it may be. */
  public Finding as(Severity other) {
    return new Finding(rule, other, most, field, subject, detail, remedy);
  }

  /** Returns the same finding with another remedy. */
  Finding withRemedy(String other) {
    return new Finding(rule, severity, most, field, subject, detail, other);
  }

  /**
   * Whether the other finding is about the same thing at the same place, whatever its numbers:
   * going from three Pods to two is no new mistake.
   */
  public boolean isSameAs(Finding other) {
    return rule.equals(other.rule) && field.equals(other.field) && subject.equals(other.subject);
  }
}
