package io.rwopguard.config;

/** A part of the service that a process may run. */
public enum ProcessPart {
  /** Answers the reviews of API servers, by HTTPS. */
  ADMISSION,
  /** Watches nodes, and fails Pods over from dead ones, where failover is switched on. */
  FAILOVER,
  /** Makes and renews certificates, where the service manages its own. */
  CERTIFICATES
}
