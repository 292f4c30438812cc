package io.rwopguard.config;

/** A part of the service that a process may run. */
public enum ProcessPart {
  /** Answers the admission reviews of API servers over HTTPS. */
  ADMISSION,
  /** Watches nodes, and fails Pods over from dead ones, if failover is enabled. */
  FAILOVER,
  /** Issues and renews certificates, if the service manages its own. */
  CERTIFICATES
}
