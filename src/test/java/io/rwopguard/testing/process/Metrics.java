package io.rwopguard.testing.process;

/** Reads single values of the text that Prometheus scrapes. */
public final class Metrics {

  private Metrics() {}

  /**
   * Returns the value of a series.
   *
   * @param metrics the text
   * @param series the name with all labels, and the space behind it
   */
  public static double value(String metrics, String series) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + series + " in " + metrics));
  }
}
