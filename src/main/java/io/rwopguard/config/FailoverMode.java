package io.rwopguard.config;

/** How much a failover controller does. */
public enum FailoverMode {
  /** Nothing, and it watches nothing. */
  OFF,
  /** It says what it would do. */
  OBSERVE,
  /** It acts. */
  ENFORCE
}
