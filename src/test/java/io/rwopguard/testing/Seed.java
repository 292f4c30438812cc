package io.rwopguard.testing;

/**
 * Seed of random tests. It is fixed, so that a green build stays green. {@code
 * -DargLine=-Dseed=random} draws another one each time. {@code -Dseed=NUMBER} repeats a failure.
 */
public final class Seed {

  private static final long USUAL = 20_261_124;

  private Seed() {}

  /** The seed of this run. */
  public static long ofThisRun() {
    String asked = System.getProperty("seed", Long.toString(USUAL));
    return asked.equals("random") ? System.nanoTime() : Long.parseLong(asked);
  }
}
