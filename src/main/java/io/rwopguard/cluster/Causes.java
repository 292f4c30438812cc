package io.rwopguard.cluster;

/** Finds out why something failed, which libraries wrap in what they were doing. */
public final class Causes {

  private Causes() {}

  /** Returns the failure that has no cause. */
  public static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
