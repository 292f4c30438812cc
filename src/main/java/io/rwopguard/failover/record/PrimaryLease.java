package io.rwopguard.failover.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.kube.Hashes;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The Lease beside a claim, as the watch has it: a copy of the ledger's entry for people and
 * applications. The namespace's users may change it, so no decision depends on it.
 *
 * @param holder the Pod that may write to the claim, as {@code POD/UID}
 * @param transitions the fencing token
 * @param copied the text that {@link LeaseCopy} compares
 */
public record PrimaryLease(
    ClaimKey claim,
    String name,
    String holder,
    int transitions,
    Map<String, String> annotations,
    String copied) {

  /** The label that selects these Leases among all. */
  public static final String LABEL = "rwop-guard.io/lease";

  /** The value of that label on the Leases beside claims. */
  public static final String LABEL_VALUE = "primary";

  /** The value of that label on the Lease by which an installation's replicas elect a leader. */
  public static final String ELECTION = "failover-election";

  /** The annotation with the claim's name, which may be too long for a label. */
  static final String CLAIM = "rwop-guard.io/claim";

  /** The annotation with a copy, for people, of the record of a failover in progress. */
  public static final String IN_PROGRESS = "rwop-guard.io/failover-in-progress";

  /** The annotation with the timeline of the last failover; on the workload too. */
  public static final String LAST = "rwop-guard.io/last-failover";

  private static final int LONGEST_NAME = 253;
  private static final String PREFIX = "rwop-guard-";

  public PrimaryLease {
    annotations = Map.copyOf(annotations);
  }

  /** Returns the name of the Lease of a claim. */
  public static String nameOf(ClaimKey claim) {
    String name = PREFIX + claim.name();
    return name.length() <= LONGEST_NAME ? name : PREFIX + Hashes.sha256(claim.name());
  }

  static String holder(String pod, String uid) {
    return pod + "/" + uid;
  }

  /** Reads the Lease beside a claim; empty if it does not name its claim. */
  public static Optional<PrimaryLease> read(JsonNode lease) {
    JsonNode metadata = KubeObject.of(lease).metadata();
    Map<String, String> annotations = new HashMap<>();
    metadata
        .path("annotations")
        .properties()
        .forEach(each -> annotations.put(each.getKey(), each.getValue().asText()));
    String claim = annotations.get(CLAIM);
    return claim == null
        ? Optional.empty()
        : Optional.of(
            new PrimaryLease(
                new ClaimKey(metadata.path("namespace").asText(), claim),
                metadata.path("name").asText(),
                KubeObject.of(lease).spec().path("holderIdentity").asText(""),
                KubeObject.of(lease).spec().path("leaseTransitions").asInt(0),
                annotations,
                LeaseCopy.summary(lease)));
  }

  /** Returns whether a Lease is one that rwop-guard creates for claims. */
  public static boolean isOwn(JsonNode lease) {
    JsonNode metadata = KubeObject.of(lease).metadata();
    return LABEL_VALUE.equals(metadata.path("labels").path(LABEL).asText(""))
        && metadata.path("name").asText().startsWith(PREFIX);
  }
}
