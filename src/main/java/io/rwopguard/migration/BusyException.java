package io.rwopguard.migration;

/** Signals that another migration of the same workload is in progress. */
final class BusyException extends RefusedException {

  private static final long serialVersionUID = 1;

  BusyException(String message) {
    super(message);
  }
}
