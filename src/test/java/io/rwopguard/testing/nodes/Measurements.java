package io.rwopguard.testing.nodes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Prints the measurements of the tests, and keeps them for docs/contributing/real-cluster.md. */
public final class Measurements {

  private static final Path FILE = Path.of("target/cluster-figures.md");
  private static final Map<String, String> ALL = new LinkedHashMap<>();

  private Measurements() {}

  public static void record(String what, Duration duration) {
    record(what, String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0));
  }

  public static synchronized void record(String what, String figure) {
    System.err.printf("[figure] %s: %s%n", what, figure);
    ALL.put(what, figure);
    try {
      Files.createDirectories(FILE.getParent());
      Files.writeString(
          FILE,
          ALL.entrySet().stream()
              .map(each -> "| %s | %s |%n".formatted(each.getKey(), each.getValue()))
              .collect(Collectors.joining()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
