package io.rwopguard.rules;

import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Printable;
import io.rwopguard.model.Severity;

/**
 * A problem with an object.
 *
 * @param rule the id of the rule that found it
 * @param most the highest severity that a mode can give it
 * @param field the field with the problem
 * @param subject the claim, source or modes in that field
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

  /** Creates a finding that a mode may raise to any severity. */
  public Finding(
      String rule,
      Severity severity,
      FieldPath field,
      String subject,
      String detail,
      String remedy) {
    this(rule, severity, Severity.DENY, field, subject, detail, remedy);
  }

  /** Returns the whole finding as one line of text. */
  public String message() {
    return Printable.line(field + ": " + detail + "; " + remedy + " (" + rule + ")");
  }

  /** Returns the same finding with this severity, or with the highest one that it may have. */
  public Finding as(Severity other) {
    return new Finding(rule, other, most, field, subject, detail, remedy);
  }

  /** Returns the same finding with another remedy. */
  Finding withRemedy(String other) {
    return new Finding(rule, severity, most, field, subject, detail, other);
  }

  /**
   * Returns whether the other finding has the same subject in the same field. The numbers do not
   * count: going from three Pods to two is no new mistake.
   */
  public boolean isSameAs(Finding other) {
    return rule.equals(other.rule) && field.equals(other.field) && subject.equals(other.subject);
  }
}
