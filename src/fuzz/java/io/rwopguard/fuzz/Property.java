package io.rwopguard.fuzz;

import java.util.Objects;

/** Checks properties. It compares plainly, since that happens millions of times. */
public final class Property {

  private Property() {}

  /** Throws an error with this text unless the property holds. */
  public static void check(boolean holds, String broken, Object by) {
    if (!holds) {
      throw new AssertionError(broken + ": " + by);
    }
  }

  /** Throws an error with this text unless both are equal. */
  public static void same(Object expected, Object actual, String broken) {
    if (!Objects.equals(expected, actual)) {
      throw new AssertionError(
          "%s%nexpected: %s%nfound:    %s".formatted(broken, expected, actual));
    }
  }
}
