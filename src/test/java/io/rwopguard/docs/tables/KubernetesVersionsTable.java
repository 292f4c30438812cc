package io.rwopguard.docs.tables;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes the results of {@code src/testbed/kubernetes-versions run} as a table of
 * docs/installation/compatibility.md.
 */
public final class KubernetesVersionsTable {

  private static final Path RESULTS = Path.of("docs/installation/kubernetes-versions.csv");

  private KubernetesVersionsTable() {}

  /** The tests of a class on a version, of which some may have been skipped. */
  private record Result(String name, int tests, int skipped, String date, String commit) {}

  /** Returns a row for each version, the newest first, and the classes that ran on all of them. */
  public static String make() throws IOException {
    Map<String, List<Result>> results = results();
    List<String> versions = new ArrayList<>(results.keySet());
    Collections.reverse(versions);
    return "| Kubernetes | tests on its API server | skipped | run on, at commit |\n|---|---|---|---|\n"
        + versions.stream()
            .map(version -> row(version, results.get(version)))
            .collect(Collectors.joining())
        + "\nThe classes: "
        + results.values().stream()
            .flatMap(List::stream)
            .map(result -> "`" + result.name() + "`")
            .distinct()
            .collect(Collectors.joining(", "))
        + ".\n";
  }

  private static Map<String, List<Result>> results() throws IOException {
    Map<String, List<Result>> results = new LinkedHashMap<>();
    for (String line : Files.readAllLines(RESULTS).stream().skip(1).toList()) {
      String[] cells = line.split(",", -1);
      results
          .computeIfAbsent(cells[0], version -> new ArrayList<>())
          .add(
              new Result(
                  cells[1],
                  Integer.parseInt(cells[2]),
                  Integer.parseInt(cells[3]),
                  cells[4],
                  cells[5]));
    }
    return results;
  }

  /** A class that skips itself before its first test reports no test at all. */
  private static String skipped(Result result) {
    String how = result.tests() == 0 ? "all" : Integer.toString(result.skipped());
    return "%s of `%s`".formatted(how, result.name());
  }

  private static String row(String version, List<Result> results) {
    String skipped =
        results.stream()
            .filter(result -> result.skipped() > 0 || result.tests() == 0)
            .map(KubernetesVersionsTable::skipped)
            .collect(Collectors.joining(", "));
    String runs =
        results.stream()
            .map(result -> "%s, %s".formatted(result.date(), result.commit()))
            .distinct()
            .collect(Collectors.joining("; "));
    return "| %s | %d | %s | %s |%n"
        .formatted(
            version,
            results.stream().mapToInt(result -> result.tests() - result.skipped()).sum(),
            skipped.isEmpty() ? "-" : skipped,
            runs);
  }
}
