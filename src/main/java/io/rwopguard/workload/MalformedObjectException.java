package io.rwopguard.workload;

/**
 * An object is not of the form that the Kubernetes API gives it: a field has another type than its
 * schema says.
 */
public final class MalformedObjectException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient FieldPath field;

  /** Says in its message which field was to be what, and what was found. */
  public MalformedObjectException(FieldPath field, String expected, String found) {
    // a sender's mistake, not a fault of this program: nobody needs the stack
    super(field + ": must be " + expected + ", found " + found, null, false, false);
    this.field = field;
  }

  /** The field that is not as it has to be. */
  public FieldPath field() {
    return field;
  }
}
