package io.rwopguard.testing.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Compares the metrics that a process serves with the tables of the document on monitoring. */
public final class DocumentedMetrics {

  private static final Path DOCUMENT = Path.of("docs/operations/monitoring.md");
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `(rwop_guard_\\w+)` \\| (\\w+) \\|([^|]*)\\|");
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (rwop_guard_\\w+) (\\w+)$");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");

  /** A label in a cell; its values may follow. */
  private static final Pattern LISTED = Pattern.compile("(?:^|;)\\s*`(\\w+)`");

  /** Metrics that appear with their first event. */
  private static final Set<String> LATER =
      Set.of(
          "rwop_guard_findings_total",
          "rwop_guard_failovers_total",
          "rwop_guard_failover_refusals_total",
          "rwop_guard_failover_detection_seconds",
          "rwop_guard_failover_release_seconds",
          "rwop_guard_failover_total_seconds",
          "rwop_guard_failing_pods_total",
          "rwop_guard_storage_stalls_total");

  /** Type and names of labels of a metric. */
  private record Metric(String type, Set<String> labels) {}

  private DocumentedMetrics() {}

  /**
   * Fails if a metric of rwop-guard is not documented as it is served.
   *
   * @param served text of {@code /q/metrics}
   */
  public static void assertDocumented(String served) {
    Map<String, Metric> documented = documented("Metrics", "Audit");
    Map<String, Metric> found = served(served);
    assertThat(found).isNotEmpty();
    found.forEach(
        (name, metric) ->
            assertThat(documented).as("the tables of %s", DOCUMENT).containsEntry(name, metric));
  }

  /**
   * Fails also if a metric is not served that a section of the document lists.
   *
   * @param section title of a heading
   * @param next title of the heading after it
   */
  public static void assertServesAll(String section, String next, String served) {
    assertDocumented(served);
    Set<String> listed = new TreeSet<>(documented(section, next).keySet());
    listed.removeAll(LATER);
    assertThat(listed).isNotEmpty();
    assertThat(served(served).keySet())
        .as("metrics of the section %s", section)
        .containsAll(listed);
  }

  private static Map<String, Metric> documented(String section, String next) {
    String text;
    try {
      text = Files.readString(DOCUMENT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int from = text.indexOf("# " + section + "\n");
    int to = text.indexOf("# " + next + "\n");
    assertThat(from).as("heading %s", section).isPositive();
    assertThat(to).as("heading %s", next).isGreaterThan(from);
    Matcher row = ROW.matcher(text.substring(from, to));
    Map<String, Metric> metrics = new TreeMap<>();
    while (row.find()) {
      Set<String> labels = new TreeSet<>();
      Matcher label = LISTED.matcher(row.group(3));
      while (label.find()) {
        labels.add(label.group(1));
      }
      metrics.put(row.group(1), new Metric(row.group(2), labels));
    }
    return metrics;
  }

  private static Map<String, Metric> served(String text) {
    Map<String, Metric> metrics = new TreeMap<>();
    Matcher type = TYPE.matcher(text);
    while (type.find()) {
      // OpenMetrics names a counter without the suffix of its sample
      boolean counter = type.group(2).equals("counter");
      String name = type.group(1).replaceFirst("_total$", "") + (counter ? "_total" : "");
      metrics.put(name, new Metric(type.group(2), new TreeSet<>()));
    }
    // the maximum that Micrometer adds to a histogram is no metric that a table needs
    metrics
        .keySet()
        .removeIf(
            name -> name.endsWith("_max") && metrics.containsKey(name.replaceFirst("_max$", "")));
    text.lines()
        .filter(line -> line.startsWith("rwop_guard_"))
        .forEach(
            line -> {
              String series = line.replaceFirst("[{ ].*", "");
              Metric metric =
                  metrics.getOrDefault(
                      series, metrics.get(series.replaceFirst("_(bucket|count|sum)$", "")));
              Matcher label = LABEL.matcher(line);
              while (metric != null && label.find()) {
                if (!label.group(1).equals("le")) {
                  metric.labels().add(label.group(1));
                }
              }
            });
    return metrics;
  }
}
