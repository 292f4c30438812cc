package io.rwopguard.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes how long each test class took, the slowest first. {@code test.times} names the file; where
 * it is not set, nothing is written.
 */
public final class TestTimes implements TestExecutionListener {

  private static final String FILE = System.getProperty("test.times", "");

  /** Classes that are faster than this share one line. */
  private static final Duration WORTH_A_LINE = Duration.ofSeconds(1);

  /** Start and end of a class, in nanoseconds since the first class started. */
  private record Span(String name, long began, long ended) {
    Duration time() {
      return Duration.ofNanos(ended - began);
    }
  }

  private final Map<String, Long> began = new ConcurrentHashMap<>();
  private final Map<String, Span> spans = new ConcurrentHashMap<>();
  private long start;

  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    start = System.nanoTime();
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    if (isClass(test)) {
      began.put(test.getUniqueId(), System.nanoTime() - start);
    }
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    Long beganAt = began.get(test.getUniqueId());
    if (beganAt != null) {
      String name = test.getLegacyReportingName().replaceFirst(".*\\.", "");
      spans.put(test.getUniqueId(), new Span(name, beganAt, System.nanoTime() - start));
    }
  }

  private static boolean isClass(TestIdentifier test) {
    return test.getSource().filter(ClassSource.class::isInstance).isPresent();
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    if (FILE.isEmpty() || spans.isEmpty()) {
      return;
    }
    List<Span> slow =
        spans.values().stream()
            .filter(span -> span.time().compareTo(WORTH_A_LINE) >= 0)
            .sorted(Comparator.comparing(Span::time).reversed())
            .toList();
    Duration fast =
        spans.values().stream()
            .map(Span::time)
            .filter(time -> time.compareTo(WORTH_A_LINE) < 0)
            .reduce(Duration.ZERO, Duration::plus);
    Stream<String> rows =
        Stream.concat(
            slow.stream().map(span -> row(span.name(), span.began(), span.time())),
            Stream.of(
                row(spans.size() - slow.size() + " others", 0, fast),
                row("all", 0, Duration.ofNanos(System.nanoTime() - start))));
    write(Stream.concat(Stream.of("| class | began | took |", "|---|---|---|"), rows).toList());
  }

  private static String row(String name, long began, Duration took) {
    return String.format(
        Locale.ROOT, "| %s | %.0f s | %.1f s |", name, began / 1e9, took.toMillis() / 1000.0);
  }

  private static void write(List<String> lines) {
    Path file = Path.of(FILE);
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    lines.stream().limit(12).forEach(line -> System.err.println("[times] " + line));
    System.err.println("[times] all of them are in " + file);
  }
}
