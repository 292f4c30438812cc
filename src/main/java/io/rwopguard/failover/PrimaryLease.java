package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.plan.Budget;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.workload.ClaimKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The Lease of a claim: who may write to it, as {@code POD/UID}, and how often that has changed.
 * What is going on with it, and has been, is in annotations.
 */
record PrimaryLease(
    ClaimKey claim, String name, String holder, int transitions, Map<String, String> annotations) {

  /** Chooses these Leases among all. */
  static final String LABEL = "rwop-guard.io/lease";

  static final String LABEL_VALUE = "primary";

  /** The claim's name, which may be too long for a label. */
  static final String CLAIM = "rwop-guard.io/claim";

  /** A failover that has been begun. */
  static final String FAILOVER = "rwop-guard.io/failover-under-way";

  /** The timeline of the last one; on the workload too. */
  static final String LAST = "rwop-guard.io/last-failover";

  /** When there have been some: a time and a node each. */
  static final String HISTORY = "rwop-guard.io/failovers";

  /** What somebody asks for by hand, and the answer. */
  static final String REQUESTED = "rwop-guard.io/failover-requested";

  static final String ANSWER = "rwop-guard.io/failover-answer";

  private static final int LONGEST_NAME = 253;
  private static final String PREFIX = "rwop-guard-";
  private static final int REMEMBERED = 10;

  PrimaryLease {
    annotations = Map.copyOf(annotations);
  }

  /** The name of the Lease of a claim. */
  static String nameOf(ClaimKey claim) {
    String name = PREFIX + claim.name();
    return name.length() <= LONGEST_NAME ? name : PREFIX + sha256(claim.name());
  }

  static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String holder(String pod, String uid) {
    return pod + "/" + uid;
  }

  static Optional<PrimaryLease> read(JsonNode lease) {
    JsonNode metadata = lease.path("metadata");
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
                lease.path("spec").path("holderIdentity").asText(""),
                lease.path("spec").path("leaseTransitions").asInt(0),
                annotations));
  }

  /** A failover that has been begun. */
  Optional<FailoverRecord> failover() {
    return Optional.ofNullable(annotations.get(FAILOVER))
        .flatMap(text -> FailoverRecord.parse(claim, text));
  }

  /** The failovers that there have been. */
  List<Budget.Entry> history() {
    List<Budget.Entry> entries = new ArrayList<>();
    for (String each : annotations.getOrDefault(HISTORY, "").split(",", -1)) {
      String[] words = each.strip().split(" ", -1);
      if (words.length == 2) {
        try {
          entries.add(new Budget.Entry(Instant.parse(words[0]), words[1], claim));
        } catch (DateTimeException e) {
          // somebody wrote something else there: it counts for nothing
        }
      }
    }
    return entries;
  }

  /** The history with one more, without the oldest. */
  String historyWith(Instant at, String node) {
    List<String> written = new ArrayList<>();
    history().forEach(entry -> written.add(entry.at() + " " + entry.node()));
    written.add(at + " " + node);
    return String.join(
        ", ", written.subList(Math.max(0, written.size() - REMEMBERED), written.size()));
  }
}
