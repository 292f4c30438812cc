package io.rwopguard.config;

/** The implementations of TLS. */
public enum TlsEngine {
  /** BoringSSL, where its library exists for the machine. */
  NATIVE,
  /** The JDK's own, with the security providers that its files configure. */
  JDK
}
