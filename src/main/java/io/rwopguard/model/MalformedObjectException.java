package io.rwopguard.model;

/**
 * Thrown if an object does not have the form of the Kubernetes API: the type of a field differs
 * from its schema.
 */
public final class MalformedObjectException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient FieldPath field;

  /** Creates an exception whose message names the expected and the found type of a field. */
  public MalformedObjectException(FieldPath field, String expected, String found) {
    // an error of the sender, not of this program, so the stack is of no use
    super(field + ": must be " + expected + ", found " + found, null, false, false);
    this.field = field;
  }

  /** Returns the malformed field. */
  public FieldPath field() {
    return field;
  }
}
