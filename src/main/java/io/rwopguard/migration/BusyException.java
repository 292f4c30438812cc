package io.rwopguard.migration;

/** A move cannot be begun while another one of the same workload is in progress. */
final class BusyException extends RefusedException {

  private static final long serialVersionUID = 1;

  BusyException(String message) {
    super(message);
  }
}
