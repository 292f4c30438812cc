package io.rwopguard.inventory.cluster;

/**
 * Thrown if a kubeconfig or a variable does not name a cluster, or not the way to connect to it.
 */
public final class BadConfigException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  BadConfigException(String message) {
    super(message);
  }
}
