package io.rwopguard.migration.record;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes and reads the JSON in the annotations by which volumes record a migration and its run. A
 * migration may be resumed by another version of the program. So fields are only added, a field
 * that is absent has a default, and a field that is not known is ignored. A field of another type
 * is read as far as it can be: a run whose annotation were taken for unreadable would hold nothing,
 * and a second run could start beside it.
 */
final class MigrationJournal {

  private static final JsonMapper JSON = new JsonMapper();

  /** The JSON of a {@link MigrationRecord}. A field that is null is not written. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({
    "namespace",
    "name",
    "claims",
    "from",
    "rollback",
    "policy",
    "workloadKind",
    "workload",
    "template",
    "replicas",
    "ofReplicas",
    "since",
    "fleet",
    "nodes",
    "alone"
  })
  record RecordEntry(
      String namespace,
      String name,
      List<String> claims,
      List<String> from,
      boolean rollback,
      String policy,
      String workloadKind,
      String workload,
      String template,
      int replicas,
      JsonNode ofReplicas,
      String since,
      String fleet,
      List<String> nodes,
      Boolean alone) {}

  /** The JSON of a {@link MigrationRun}. */
  @JsonPropertyOrder({"id", "by", "host", "pids", "pid", "started", "since", "until"})
  record RunEntry(
      String id,
      String by,
      String host,
      String pids,
      long pid,
      String started,
      String since,
      String until) {}

  private MigrationJournal() {}

  /** Returns the JSON of a record. */
  static String write(MigrationRecord record) {
    return text(
        new RecordEntry(
            record.claim().namespace(),
            record.claim().name(),
            record.claims(),
            record.from(),
            record.rollback(),
            record.policy().orElse(null),
            record.workload().map(key -> key.kind().name()).orElse(null),
            record.workload().map(ObjectKey::name).orElse(null),
            record.template(),
            record.replicas(),
            record.ofReplicas(),
            record.since().toString(),
            record.fleet(),
            record.nodes(),
            record.alone()));
  }

  /**
   * Reads a record.
   *
   * @throws IllegalStateException if another program wrote the text
   */
  static MigrationRecord readRecord(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      ClaimKey claim = new ClaimKey(json.path("namespace").asText(), json.path("name").asText());
      return new MigrationRecord(
          claim,
          texts(json.path("claims")),
          texts(json.path("from")),
          json.path("rollback").asBoolean(),
          Optional.of(json.path("policy").asText("")).filter(policy -> !policy.isEmpty()),
          json.has("workload")
              ? Optional.of(
                  new ObjectKey(
                      Kind.valueOf(json.path("workloadKind").asText()),
                      claim.namespace(),
                      json.path("workload").asText()))
              : Optional.empty(),
          json.path("template").asText(""),
          json.path("replicas").asInt(),
          json.path("ofReplicas"),
          Instant.parse(json.path("since").asText()),
          json.path("fleet").asText(""),
          texts(json.path("nodes")),
          // with a record of an earlier version, anything may have changed
          json.path("alone").asBoolean(true));
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      throw new IllegalStateException(
          "rwop-guard did not write the annotation %s of this volume"
              .formatted(MigrationRecord.ANNOTATION),
          e);
    }
  }

  /** Returns the JSON of a run. */
  static String write(MigrationRun run) {
    return text(
        new RunEntry(
            run.id(),
            run.by(),
            run.host(),
            run.pids(),
            run.pid(),
            run.started().toString(),
            run.since().toString(),
            run.until().toString()));
  }

  /** Reads a run; empty if another program wrote the text. */
  static Optional<MigrationRun> readRun(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      return Optional.of(
          new MigrationRun(
              json.path("id").asText(),
              json.path("by").asText(),
              json.path("host").asText(),
              json.path("pids").asText(),
              json.path("pid").asLong(),
              Instant.parse(json.path("started").asText()),
              Instant.parse(json.path("since").asText()),
              Instant.parse(json.path("until").asText())));
    } catch (JsonProcessingException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static String text(Object entry) {
    try {
      return JSON.writeValueAsString(entry);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }
}
