package io.rwopguard.failover.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Writes and reads failover records as JSON. It reads nothing that is not exactly one record. */
public final class RecordFormat {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** The format of a name. Names become parts of request paths, so only DNS names are valid. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

  private static final Pattern UID = Pattern.compile("[a-zA-Z0-9-]{0,64}");

  private RecordFormat() {}

  /** Returns a record as JSON. */
  public static String write(FailoverRecord record) {
    ObjectNode json = JSON.createObjectNode();
    json.put("key", record.key())
        .put("namespace", record.namespace())
        .put("pod", record.pod())
        .put("podUid", record.podUid())
        .put("node", record.node())
        .put("nodeUid", record.nodeUid())
        .put("bootId", record.bootId())
        .put("renewTime", record.renewTime())
        .put("controller", record.controller())
        .put("requestedBy", record.requestedBy());
    for (Claim claim : record.claims()) {
      json.withArray("claims").addObject().put("name", claim.name()).put("uid", claim.uid());
    }
    for (Claim claim : record.sharedClaims()) {
      json.withArray("sharedClaims").addObject().put("name", claim.name()).put("uid", claim.uid());
    }
    record
        .workload()
        .ifPresent(key -> json.put("workloadKind", key.kind().name()).put("workload", key.name()));
    record.outcome().ifPresent(how -> json.put("outcome", how.name()));
    json.set("times", timeline(record));
    return json.toString();
  }

  /** Returns the time at which each step was observed, in the order of the steps. */
  public static ObjectNode timeline(FailoverRecord record) {
    ObjectNode json = JSON.createObjectNode();
    for (Step step : Step.values()) {
      if (record.has(step)) {
        json.put(step.field(), record.times().get(step).toString());
      }
    }
    return json;
  }

  /** Reads a record. Returns empty if the text is not a valid one. */
  public static Optional<FailoverRecord> read(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      List<Claim> claims = claims(json.path("claims"));
      Map<Step, Instant> times = new EnumMap<>(Step.class);
      for (Step step : Step.values()) {
        JsonNode at = json.path("times").path(step.field());
        if (at.isTextual()) {
          times.put(step, Instant.parse(at.asText()));
        }
      }
      String namespace = name(json, "namespace");
      FailoverRecord read =
          new FailoverRecord(
              uid(json, "key"),
              namespace,
              name(json, "pod"),
              uid(json, "podUid"),
              name(json, "node"),
              uid(json, "nodeUid"),
              uid(json, "bootId"),
              json.path("renewTime").asText(""),
              claims,
              claims(json.path("sharedClaims")),
              json.path("controller").asText(""),
              json.has("workload")
                  ? Optional.of(
                      new ObjectKey(
                          Kind.valueOf(json.path("workloadKind").asText()),
                          namespace,
                          name(json, "workload")))
                  : Optional.empty(),
              json.path("requestedBy").asText(""),
              times,
              json.has("outcome")
                  ? Optional.of(Outcome.valueOf(json.path("outcome").asText()))
                  : Optional.empty());
      return read.key().isEmpty() || claims.isEmpty() || !read.has(Step.DECIDED)
          ? Optional.empty()
          : Optional.of(read);
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static List<Claim> claims(JsonNode json) {
    List<Claim> claims = new ArrayList<>();
    for (JsonNode claim : json) {
      claims.add(new Claim(name(claim, "name"), uid(claim, "uid")));
    }
    return claims;
  }

  private static String name(JsonNode json, String field) {
    return matching(NAME, json, field);
  }

  private static String uid(JsonNode json, String field) {
    return matching(UID, json, field);
  }

  private static String matching(Pattern pattern, JsonNode json, String field) {
    String text = json.path(field).asText("");
    if (!pattern.matcher(text).matches()) {
      throw new IllegalArgumentException("%s: \"%s\" is not a name".formatted(field, text));
    }
    return text;
  }
}
