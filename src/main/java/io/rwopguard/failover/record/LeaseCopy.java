package io.rwopguard.failover.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.kube.Preconditions;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Writes the Lease beside a claim: a copy of the ledger's entry. The Lease has neither a renewal
 * time nor a duration, since nothing renews it. It is information and not a term.
 */
final class LeaseCopy {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String CLAIM_KIND = Kind.PERSISTENT_VOLUME_CLAIM.kindName();

  /** The format of the API server's MicroTime. */
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /** The number of fields in the spec of a copied Lease. */
  private static final String COPIED_FIELDS = "3";

  private LeaseCopy() {}

  /** Returns the Lease of a claim that has none. */
  static ObjectNode of(ClaimKey claim, String claimUid, TokenEntry entry) {
    ObjectNode json = JSON.createObjectNode();
    json.put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    json.putObject("metadata")
        .put("name", PrimaryLease.nameOf(claim))
        .put("namespace", claim.namespace());
    return write(json, claim, claimUid, entry);
  }

  /**
   * Returns the JSON Patch that corrects all copied fields of a Lease that is still as it was read,
   * and leaves the rest.
   */
  static ArrayNode correction(JsonNode lease, ClaimKey claim, String claimUid, TokenEntry entry) {
    JsonNode corrected = write((ObjectNode) lease.deepCopy(), claim, claimUid, entry);
    ArrayNode patch = Preconditions.patchOf(lease);
    for (String field : List.of("labels", "annotations", "ownerReferences")) {
      patch
          .addObject()
          .put("op", "add")
          .put("path", "/metadata/" + field)
          .set("value", KubeObject.of(corrected).metadata().path(field));
    }
    patch
        .addObject()
        .put("op", "add")
        .put("path", "/spec")
        .set("value", KubeObject.of(corrected).spec());
    return patch;
  }

  private static ObjectNode write(
      ObjectNode json, ClaimKey claim, String claimUid, TokenEntry entry) {
    ObjectNode metadata = json.withObject("/metadata");
    metadata
        .withObject("/labels")
        .put(PrimaryLease.LABEL, PrimaryLease.LABEL_VALUE)
        .put(OwnLabels.MANAGED_BY, OwnLabels.RWOP_GUARD);
    metadata.withObject("/annotations").put(PrimaryLease.CLAIM, claim.name());
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", "v1")
        .put("kind", CLAIM_KIND)
        .put("name", claim.name())
        .put("uid", claimUid);
    json.putObject("spec")
        .put("holderIdentity", entry.holder())
        .put("leaseTransitions", entry.token())
        .put("acquireTime", MICROS.format(entry.at()));
    return json;
  }

  /**
   * Returns whether a Lease of the right name belongs to another program. Its owner is not the
   * claim, or it has neither an owner nor our label.
   */
  static boolean isForeign(JsonNode lease, ClaimKey claim) {
    String owners = owners(lease);
    return owners.isEmpty() ? !isLabelled(lease) : !owners.equals(claim.name());
  }

  /** Returns whether a live Lease matches the ledger. */
  static boolean isCurrent(JsonNode lease, ClaimKey claim, String claimUid, TokenEntry entry) {
    return summary(lease).equals(summary(claim, entry))
        && KubeObject.of(lease).ownerReferences().path(0).path("uid").asText().equals(claimUid);
  }

  /** Returns whether the watch's Lease matches the ledger. */
  static boolean isCurrent(PrimaryLease lease, ClaimKey claim, TokenEntry entry) {
    return lease.copied().equals(summary(claim, entry));
  }

  /** Returns the copied fields of a Lease that are compared, without the claim's UID, as a text. */
  static String summary(JsonNode lease) {
    JsonNode spec = KubeObject.of(lease).spec();
    return String.join(
        " ",
        spec.path("holderIdentity").asText(),
        spec.path("leaseTransitions").asText(),
        time(spec.path("acquireTime").asText()),
        Integer.toString(spec.size()),
        Boolean.toString(isLabelled(lease)),
        owners(lease));
  }

  /** Returns the summary of the Lease that {@link #of} writes. */
  private static String summary(ClaimKey claim, TokenEntry entry) {
    return String.join(
        " ",
        entry.holder(),
        Integer.toString(entry.token()),
        entry.at().truncatedTo(ChronoUnit.MICROS).toString(),
        COPIED_FIELDS,
        "true",
        claim.name());
  }

  private static boolean isLabelled(JsonNode lease) {
    return PrimaryLease.LABEL_VALUE.equals(
        KubeObject.of(lease).labels().path(PrimaryLease.LABEL).asText());
  }

  private static String owners(JsonNode lease) {
    StringBuilder owners = new StringBuilder();
    for (JsonNode owner : KubeObject.of(lease).ownerReferences()) {
      boolean isClaim = owner.path("kind").asText().equals(CLAIM_KIND);
      owners.append(owners.isEmpty() ? "" : ",");
      owners
          .append(isClaim ? "" : owner.path("kind").asText() + "/")
          .append(owner.path("name").asText());
    }
    return owners.toString();
  }

  private static String time(String text) {
    try {
      return Instant.parse(text).toString();
    } catch (DateTimeException e) {
      return text;
    }
  }
}
