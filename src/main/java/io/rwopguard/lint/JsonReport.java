package io.rwopguard.lint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.manifests.Place;
import io.rwopguard.manifests.Unreadable;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.Severity;
import java.util.List;

/** Writes a report for programs. Fields may be added; no existing field changes its meaning. */
final class JsonReport {

  private static final JsonMapper JSON = new JsonMapper();

  private JsonReport() {}

  static String of(LintResult result) {
    ObjectNode json = JSON.createObjectNode();
    var findings = json.putArray("findings");
    for (LintFinding each : result.findings()) {
      ObjectNode finding = findings.addObject();
      place(finding, each.manifest().source(), each.place());
      each.manifest().template().ifPresent(from -> finding.put("template", from));
      var metadata = KubeObject.of(each.manifest().json()).metadata();
      finding
          .putObject("object")
          .put("apiVersion", each.manifest().json().path("apiVersion").asText())
          .put("kind", each.manifest().json().path("kind").asText())
          .put("namespace", metadata.path("namespace").asText())
          .put("name", metadata.path("name").asText());
      finding
          .put("rule", each.finding().rule())
          .put("severity", each.finding().severity().label())
          .put("field", each.finding().field().text())
          .put("detail", each.finding().detail())
          .put("remedy", each.finding().remedy());
    }
    parts(json.putArray("unreadable"), result.unreadable(), "problem");
    parts(json.putArray("skipped"), result.skipped(), "reason");
    var alternatives = json.putArray("alternatives");
    for (Alternative each : result.alternatives()) {
      ObjectNode alternative = alternatives.addObject();
      alternative
          .put("kind", each.object().kind().kindName())
          .put("namespace", each.object().namespace())
          .put("name", each.object().name());
      var places = alternative.putArray("places");
      each.places().forEach(at -> place(places.addObject(), at.source(), at.place()));
    }
    ObjectNode summary = json.putObject("summary");
    summary.put("files", result.files()).put("objects", result.objects());
    for (Severity severity : Severity.values()) {
      summary.put(severity.label(), result.count(severity));
    }
    return json.toPrettyString() + "\n";
  }

  private static void parts(ArrayNode json, List<Unreadable> parts, String why) {
    for (Unreadable each : parts) {
      ObjectNode part = json.addObject();
      place(part, each.source(), each.place());
      part.put(why, each.problem());
    }
  }

  private static void place(ObjectNode json, String source, Place place) {
    json.put("file", source).put("line", place.line()).put("column", place.column());
  }
}
