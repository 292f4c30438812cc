package io.rwopguard.management;

import java.util.List;

/**
 * The paths of the management port. Nothing is asked about any other path: Kubernetes lets every
 * authenticated user get some, such as {@code /api/*}.
 */
final class ManagementPath {

  /** The paths that kubelets probe. Probes cannot read a token from a Secret. */
  private static final List<String> OPEN =
      List.of("/q/health/live", "/q/health/ready", "/q/health/started");

  /** The paths that need a token. */
  private static final List<String> PROTECTED =
      List.of("/q/metrics", "/failover", "/q/health", "/q/health/well", "/q/health/group");

  private ManagementPath() {}

  /** Returns whether anyone may get a path. */
  static boolean isOpen(String path) {
    return OPEN.contains(path);
  }

  /** Returns whether those may get a path whom the API server allows to. */
  static boolean isProtected(String path) {
    return PROTECTED.contains(path);
  }

  /** Returns the paths as a text for users. */
  static String all() {
    return String.join(", ", PROTECTED) + ", " + String.join(", ", OPEN);
  }
}
