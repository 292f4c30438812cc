package io.rwopguard.management;

import java.util.Set;
import java.util.regex.Pattern;

/** The paths of the management port. */
final class ManagementPath {

  /** The paths that kubelets probe. Probes cannot read a token from a Secret. */
  private static final Set<String> OPEN =
      Set.of("/q/health/live", "/q/health/ready", "/q/health/started");

  private static final int LONGEST = 256;

  /** Segments that mean the same to every reader: no escapes, parameters, dots or empty ones. */
  private static final Pattern PLAIN = Pattern.compile("(/[A-Za-z0-9_-][A-Za-z0-9._-]*+)++");

  private ManagementPath() {}

  /** Returns whether a path, as it was sent, can be read in one way only. */
  static boolean isPlain(String path) {
    return path != null && path.length() <= LONGEST && PLAIN.matcher(path).matches();
  }

  /** Returns whether anyone may get a path. */
  static boolean isOpen(String path) {
    return OPEN.contains(path);
  }
}
