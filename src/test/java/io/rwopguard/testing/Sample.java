package io.rwopguard.testing;

import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Chooses the rows of a long table that one run tests. Each run chooses other rows, by a seed that
 * it prints: the time of day at which Maven started, so that all programs of a build have the same.
 * {@code -DargLine=-Dseed=NUMBER} chooses the same rows again, and {@code -DargLine=-Dtables=whole}
 * tests all of them.
 */
public final class Sample {

  /** The system property that asks for all rows, and its value. */
  public static final String TABLES = "tables";

  /** The value of {@link #TABLES} that asks for all rows. */
  public static final String WHOLE = "whole";

  private static final Sample OF_THIS_RUN =
      new Sample(
          seed(System.getProperty("seed", System.getProperty("run.seed", "random"))), isWhole());

  private final long seed;
  private final boolean whole;

  Sample(long seed, boolean whole) {
    this.seed = seed;
    this.whole = whole;
  }

  /** Returns the sample of this JVM: all its tables share one seed. */
  public static Sample ofThisRun() {
    return OF_THIS_RUN;
  }

  /** Returns whether this run tests all rows of all tables. */
  public static boolean isWhole() {
    return System.getProperty(TABLES, "").equals(WHOLE);
  }

  public static long seed(String asked) {
    // six digits are enough to tell runs apart, and can be typed
    return asked.equals("random")
        ? 100_000 + Math.floorMod(System.nanoTime() / 1000, 900_000)
        : Long.parseLong(asked);
  }

  /** Returns the seed that chooses the rows. */
  public long seed() {
    return seed;
  }

  /** Tells whether this run executes the class with this turn, of so many that take turns. */
  boolean isTurn(int turn, int classes) {
    return whole || Math.floorMod(seed, classes) == turn;
  }

  /** Returns a random number generator that is the same in each run with the same seed. */
  public SplittableRandom random(String table) {
    return new SplittableRandom(seed * 31 + table.hashCode());
  }

  /** Returns so many rows of a table, in the table's order, and prints which seed chose them. */
  public <T> List<T> of(String table, Collection<T> rows, int count) {
    List<T> chosen = choose(table, rows, count);
    if (chosen.size() < rows.size()) {
      System.err.printf(
          "[sample] %s: %d of %d rows, by seed %d; all of them: -DargLine=-D%s=%s%n",
          table, chosen.size(), rows.size(), seed, TABLES, WHOLE);
    }
    return chosen;
  }

  public <T> List<T> choose(String table, Collection<T> rows, int count) {
    List<T> all = List.copyOf(rows);
    if (whole || count >= all.size()) {
      return all;
    }
    SplittableRandom random = random(table);
    boolean[] chosen = new boolean[all.size()];
    for (int i = 0; i < count; i++) {
      int left = random.nextInt(all.size() - i);
      for (int row = 0; ; row++) {
        if (!chosen[row] && left-- == 0) {
          chosen[row] = true;
          break;
        }
      }
    }
    return IntStream.range(0, all.size()).filter(row -> chosen[row]).mapToObj(all::get).toList();
  }

  /** Returns the command that runs this class again with the same rows. */
  public String repeat(Class<?> test) {
    Class<?> named = test;
    while (named.getEnclosingClass() != null) {
      named = named.getEnclosingClass();
    }
    return "./mvnw -B -ntp verify -Pcluster -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false"
        + " -Dit.test=%s -DargLine=-D%s"
            .formatted(named.getSimpleName(), whole ? TABLES + "=" + WHOLE : "seed=" + seed);
  }
}
