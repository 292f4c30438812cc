package io.rwopguard.migration.plan;

/** Signals that another migration of the same workload is in progress. */
public final class BusyException extends RefusedException {

  private static final long serialVersionUID = 1;

  /** Creates an exception with the reason and what to do about it. */
  public BusyException(String message) {
    super(message);
  }
}
