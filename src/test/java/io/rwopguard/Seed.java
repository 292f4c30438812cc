package io.rwopguard;

/**
 * Where random tests begin: always at the same place, so that a build that was green stays so;
 * {@code -DargLine=-Dseed=random} looks elsewhere each time, {@code -Dseed=NUMBER} again where a
 * failure was.
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
