package io.rwopguard.audit.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.audit.AuditFinding;
import io.rwopguard.audit.AuditResult;
import io.rwopguard.model.Severity;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;

/** Writes a report for programs. Fields may be added; no existing field changes its meaning. */
public final class JsonReport {

  private static final JsonMapper JSON = new JsonMapper();

  private JsonReport() {}

  /** Writes all findings, one after another. */
  public static void write(AuditResult result, PrintStream out) {
    try {
      JsonGenerator json = JSON.createGenerator(out).setPrettyPrinter(new DefaultPrettyPrinter());
      json.writeStartObject();
      json.writeArrayFieldStart("findings");
      for (AuditFinding each : result.findings()) {
        finding(json, each);
      }
      json.writeEndArray();
      summary(json, result);
      json.writeEndObject();
      json.writeRaw('\n');
      json.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void finding(JsonGenerator json, AuditFinding each) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("object");
    json.writeStringField("apiVersion", each.object().apiVersion());
    json.writeStringField("kind", each.object().kind());
    json.writeStringField("namespace", each.object().namespace());
    json.writeStringField("name", each.object().name());
    json.writeStringField("uid", each.object().uid());
    json.writeEndObject();
    json.writeStringField("rule", each.finding().rule());
    json.writeStringField("severity", each.finding().severity().label());
    json.writeStringField("field", each.finding().field().text());
    json.writeStringField("detail", each.finding().detail());
    json.writeStringField("remedy", each.finding().remedy());
    json.writeEndObject();
  }

  private static void summary(JsonGenerator json, AuditResult result) throws IOException {
    json.writeObjectFieldStart("summary");
    json.writeNumberField("objects", result.objects());
    for (Severity severity : Severity.values()) {
      json.writeNumberField(severity.label(), result.counts().of(severity));
    }
    json.writeNumberField("repeated", result.repeated());
    json.writeNumberField("untold", result.untold());
    json.writeEndObject();
  }
}
