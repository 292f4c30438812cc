package io.rwopguard.inventory.cluster;

/** A kubeconfig, or a variable beside it, does not say which cluster to ask, or how. */
public final class BadConfigException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  BadConfigException(String message) {
    super(message);
  }
}
