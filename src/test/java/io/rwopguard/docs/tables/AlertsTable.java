package io.rwopguard.docs.tables;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.testing.manifests.Manifests;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The alerts that the chart installs. */
public final class AlertsTable {

  private static final Path RULES = Path.of("charts/rwop-guard/files/alerts.yaml");

  private AlertsTable() {}

  private static List<JsonNode> alerts() throws IOException {
    List<JsonNode> alerts = new ArrayList<>();
    for (JsonNode group : Manifests.read(RULES).path("groups")) {
      group.path("rules").forEach(alerts::add);
    }
    return alerts;
  }

  /** Returns the names of the alerts. */
  public static List<String> names() throws IOException {
    return alerts().stream().map(alert -> alert.path("alert").asText()).toList();
  }

  /** Returns a row for each alert, with a link to its section. */
  public static String make() throws IOException {
    return "| alert | severity | it fires for |\n|---|---|---|\n"
        + alerts().stream().map(AlertsTable::row).collect(Collectors.joining());
  }

  private static String row(JsonNode alert) {
    String name = alert.path("alert").asText();
    return "| [%s](#%s) | %s | %s |%n"
        .formatted(
            name,
            name.toLowerCase(Locale.ROOT),
            alert.at("/labels/severity").asText(),
            alert
                .at("/annotations/summary")
                .asText()
                .replaceAll("\\{\\{ \\$(?:labels\\.)?(\\w+) \\}\\}", "`$1`"));
  }
}
