package io.rwopguard.lint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.manifests.Place;
import io.rwopguard.manifests.Unreadable;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.Rule;
import io.rwopguard.rules.RuleSet;
import java.util.List;

/** Writes a report in SARIF 2.1.0 (OASIS), which code hosting shows in a pull request. */
final class SarifReport {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

  private SarifReport() {}

  static String of(LintResult result, String version) {
    ObjectNode json = JSON.createObjectNode();
    json.put("$schema", SCHEMA).put("version", "2.1.0");
    ObjectNode run = json.putArray("runs").addObject();
    ObjectNode driver = run.putObject("tool").putObject("driver");
    driver.put("name", "rwop-guard").put("version", version);
    List<Rule> rules = RuleSet.WITH_DEFAULTS.rules();
    var described = driver.putArray("rules");
    for (Rule rule : rules) {
      ObjectNode each = described.addObject();
      each.put("id", rule.id());
      each.putObject("shortDescription").put("text", rule.summary());
      each.putObject("help").put("text", rule.remedy());
    }
    described
        .addObject()
        .put("id", Linter.MALFORMED)
        .putObject("shortDescription")
        .put("text", "an object that the API server cannot read");
    ObjectNode invocation = run.putArray("invocations").addObject();
    invocation.put("executionSuccessful", result.unreadable().isEmpty());
    result.unreadable().forEach(each -> notify(invocation, "error", each));
    result.skipped().forEach(each -> notify(invocation, "note", each));
    for (Alternative each : result.alternatives()) {
      ObjectNode notification = invocation.withArray("toolExecutionNotifications").addObject();
      notification.put("level", "note").putObject("message").put("text", each.message());
    }
    var results = run.putArray("results");
    for (LintFinding each : result.findings()) {
      ObjectNode found = results.addObject();
      found.put("ruleId", each.finding().rule());
      found.put("level", level(each.finding().severity()));
      found.putObject("message").put("text", each.finding().message());
      ReportedPlace at = ReportedPlace.of(each, result.rendered());
      location(found, at.source(), at.place())
          .putArray("logicalLocations")
          .addObject()
          .put("fullyQualifiedName", each.object());
    }
    return json.toPrettyString() + "\n";
  }

  private static void notify(ObjectNode invocation, String level, Unreadable part) {
    ObjectNode notification = invocation.withArray("toolExecutionNotifications").addObject();
    notification.put("level", level).putObject("message").put("text", part.problem());
    location(notification, part.source(), part.place());
  }

  private static String level(Severity severity) {
    return switch (severity) {
      case DENY -> "error";
      case WARN -> "warning";
      case AUDIT -> "note";
    };
  }

  private static ObjectNode location(ObjectNode of, String source, Place place) {
    ObjectNode location = of.putArray("locations").addObject();
    ObjectNode physical = location.putObject("physicalLocation");
    physical
        .putObject("artifactLocation")
        .put(
            "uri", source.replace('\\', '/').replace(" ", "%20").replace("<", "").replace(">", ""));
    physical
        .putObject("region")
        .put("startLine", place.line())
        .put("startColumn", place.column())
        .put("endColumn", place.column() + place.length());
    return location;
  }
}
