package io.rwopguard.migration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.AccessModes;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The record of a claim while it is recreated, kept on its volume, which outlives the claim. The
 * record contains no progress, which the objects themselves show. A copy of an object is created
 * when the object is deleted.
 *
 * @param claim the claim
 * @param claims all claims that are migrated together, including this one
 * @param from the former access modes of the claim
 * @param rollback whether the claim returns to those
 * @param policy the volume's reclaim policy to restore; empty if it is to stay Retain
 * @param workload the workload that uses the claim
 * @param template the claim template of the StatefulSet that the claim comes from; empty if none
 * @param replicas the former replicas of the workload
 * @param ofReplicas the former managers of the number of replicas, as entries of managedFields
 * @param since when the migration started
 * @param fleet the fleet that it belongs to; empty if none
 * @param nodes the nodes on which Pods have used the claims since
 * @param alone whether, after this was recorded, no other migration of the workload was in
 *     progress. Until then nothing is changed, and the migration may be withdrawn
 */
record MigrationRecord(
    ClaimKey claim,
    List<String> claims,
    List<String> from,
    boolean rollback,
    Optional<String> policy,
    Optional<ObjectKey> workload,
    String template,
    int replicas,
    JsonNode ofReplicas,
    Instant since,
    String fleet,
    List<String> nodes,
    boolean alone) {

  /** The annotation of the PersistentVolume with the record. */
  static final String ANNOTATION = "rwop-guard.io/migration";

  private static final JsonMapper JSON = new JsonMapper();

  /** The access modes before a migration. */
  static final List<String> SHARED = List.of("ReadWriteOnce");

  static final List<String> EXCLUSIVE = List.of(AccessModes.READ_WRITE_ONCE_POD);

  MigrationRecord {
    claims = List.copyOf(claims);
    from = List.copyOf(from);
    nodes = List.copyOf(nodes);
  }

  /** Returns the access modes that claim and volume are to have in the end. */
  List<String> to() {
    return rollback ? from : EXCLUSIVE;
  }

  /** Returns the record for this direction. */
  MigrationRecord going(boolean back) {
    return with(back, replicas, nodes, alone);
  }

  /** Returns the record for a workload that another client has scaled since. */
  MigrationRecord scaledTo(int number) {
    return with(rollback, number, nodes, alone);
  }

  /** Returns the record for Pods that have used the claims on these nodes, too. */
  MigrationRecord withNodes(Collection<String> more) {
    Set<String> all = new TreeSet<>(nodes);
    all.addAll(more);
    return with(rollback, replicas, List.copyOf(all), alone);
  }

  /** Returns the record after a check that observed no other migration of the workload. */
  MigrationRecord seenAlone() {
    return with(rollback, replicas, nodes, true);
  }

  private MigrationRecord with(boolean back, int number, List<String> on, boolean seenAlone) {
    return new MigrationRecord(
        claim,
        claims,
        from,
        back,
        policy,
        workload,
        template,
        number,
        ofReplicas,
        since,
        fleet,
        on,
        seenAlone);
  }

  String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("namespace", claim.namespace()).put("name", claim.name());
    claims.forEach(json.putArray("claims")::add);
    from.forEach(json.putArray("from")::add);
    json.put("rollback", rollback);
    policy.ifPresent(text -> json.put("policy", text));
    workload.ifPresent(
        key -> json.put("workloadKind", key.kind().name()).put("workload", key.name()));
    json.put("template", template).put("replicas", replicas);
    json.set("ofReplicas", ofReplicas);
    json.put("since", since.toString()).put("fleet", fleet);
    nodes.forEach(json.putArray("nodes")::add);
    json.put("alone", alone);
    return json.toString();
  }

  /** Reads the record of a migration on a volume. */
  static Optional<MigrationRecord> of(JsonNode volume) {
    JsonNode written = volume.path("metadata").path("annotations").path(ANNOTATION);
    return written.isTextual() ? Optional.of(parse(written.asText())) : Optional.empty();
  }

  /**
   * Parses a record.
   *
   * @throws IllegalStateException if another program wrote the text
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
