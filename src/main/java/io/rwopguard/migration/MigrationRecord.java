package io.rwopguard.migration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.AccessModes;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What has to be remembered of a claim while it is made anew, kept on its volume, which outlives
 * it. How far the move is, is seen on the objects and not kept.
 *
 * @param claims all that are moved together, this one among them
 * @param from the access modes that it had
 * @param rollback whether it goes back to those
 * @param policy the volume's reclaim policy, to be set again; empty if it is to stay Retain
 * @param manifest the claim as it is to be made anew, but for its access modes
 * @param workload that uses it
 * @param replicas that the workload had
 * @param set the workload as it is to be made anew, where its claim template has to change
 */
record MigrationRecord(
    ClaimKey claim,
    List<String> claims,
    List<String> from,
    boolean rollback,
    Optional<String> policy,
    JsonNode manifest,
    Optional<ObjectKey> workload,
    int replicas,
    Optional<JsonNode> set) {

  /** On the PersistentVolume. */
  static final String ANNOTATION = "rwop-guard.io/migration";

  private static final JsonMapper JSON = new JsonMapper();

  /** What a claim is moved from, and to. */
  static final List<String> SHARED = List.of("ReadWriteOnce");

  static final List<String> EXCLUSIVE = List.of(AccessModes.READ_WRITE_ONCE_POD);

  MigrationRecord {
    claims = List.copyOf(claims);
    from = List.copyOf(from);
  }

  /** The access modes that claim and volume are to have in the end. */
  List<String> to() {
    return rollback ? from : EXCLUSIVE;
  }

  /** The same, in this direction. */
  MigrationRecord going(boolean back) {
    return new MigrationRecord(
        claim, claims, from, back, policy, manifest, workload, replicas, set);
  }

  String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("namespace", claim.namespace()).put("name", claim.name());
    claims.forEach(json.putArray("claims")::add);
    from.forEach(json.putArray("from")::add);
    json.put("rollback", rollback);
    policy.ifPresent(text -> json.put("policy", text));
    json.set("manifest", manifest);
    workload.ifPresent(
        key -> json.put("workloadKind", key.kind().name()).put("workload", key.name()));
    json.put("replicas", replicas);
    set.ifPresent(object -> json.set("set", object));
    return json.toString();
  }

  /**
   * Reads what was written.
   *
   * @throws IllegalStateException if somebody else wrote something there
   */
  static MigrationRecord parse(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      ClaimKey claim = new ClaimKey(json.path("namespace").asText(), json.path("name").asText());
      return new MigrationRecord(
          claim,
          texts(json.path("claims")),
          texts(json.path("from")),
          json.path("rollback").asBoolean(),
          Optional.of(json.path("policy").asText("")).filter(policy -> !policy.isEmpty()),
          json.path("manifest"),
          json.has("workload")
              ? Optional.of(
                  new ObjectKey(
                      Kind.valueOf(json.path("workloadKind").asText()),
                      claim.namespace(),
                      json.path("workload").asText()))
              : Optional.empty(),
          json.path("replicas").asInt(),
          json.has("set") ? Optional.of(json.path("set")) : Optional.empty());
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "the annotation %s of its volume is none that this program wrote".formatted(ANNOTATION),
          e);
    }
  }

  static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }
}
