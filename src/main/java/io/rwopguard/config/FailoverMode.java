package io.rwopguard.config;

/** The extent to which the failover controller acts. */
public enum FailoverMode {
  /** The controller does nothing and watches nothing. */
  OFF,
  /** The controller reports what it would do. */
  OBSERVE,
  /** The controller acts. */
  ENFORCE
}
