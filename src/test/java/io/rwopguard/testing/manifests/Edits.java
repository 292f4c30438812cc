package io.rwopguard.testing.manifests;

import java.util.Set;

/** Names the edits that a setting can select. */
public final class Edits {

  /** All edits, with those that are off by default. */
  public static final Set<String> ALL =
      Set.of(
          "volume-check",
          "liveness",
          "startup",
          "pre-stop",
          "grace",
          "strategy",
          "tolerations",
          "trace");

  private Edits() {}
}
