package io.rwopguard.failover.record;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.rwopguard.fuzz.Inputs;
import io.rwopguard.model.ClaimKey;
import java.time.Instant;
import java.util.List;

/**
 * Reads the Lease beside a claim, which the users of the namespace may change. Its correction leads
 * to a Lease that matches the ledger and belongs to the claim, and keeps all other labels and
 * annotations.
 */
public final class LeaseFuzz {

  private static final ClaimKey CLAIM = new ClaimKey("shop", "data");
  private static final String UID = "0c5a";
  private static final TokenEntry ENTRY =
      new TokenEntry(7, "db-0/1f", CLAIM, "pv-1", Instant.parse("2026-01-01T00:00:00.123456Z"));

  private LeaseFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ObjectNode lease = Inputs.object(input).orElse(null);
    if (lease == null || !isTyped(lease)) {
      return;
    }
    PrimaryLease.read(lease)
        .ifPresent(
            read -> {
              PrimaryLease again = PrimaryLease.read(Inputs.reversed(lease)).orElseThrow();
              same(read, again, "the order of fields changes a Lease");
            });
    PrimaryLease.isOwn(lease);
    LeaseCopy.isForeign(lease, CLAIM);
    LeaseCopy.isCurrent(lease, CLAIM, UID, ENTRY);
    lease.withObject("/metadata").put("uid", "1").put("resourceVersion", "2");
    JsonNode corrected = JsonPatch.apply(LeaseCopy.correction(lease, CLAIM, UID, ENTRY), lease);
    check(LeaseCopy.isCurrent(corrected, CLAIM, UID, ENTRY), "not corrected", corrected);
    check(!LeaseCopy.isForeign(corrected, CLAIM), "of another owner", corrected);
    for (String map : List.of("/metadata/labels", "/metadata/annotations")) {
      lease
          .at(JsonPointer.compile(map))
          .fieldNames()
          .forEachRemaining(
              name ->
                  check(
                      corrected.at(JsonPointer.compile(map)).has(name),
                      "the correction lost",
                      name));
    }
  }

  /** Returns whether the API server would store it. */
  private static boolean isTyped(JsonNode lease) {
    return (lease.path("metadata").isMissingNode() || lease.path("metadata").isObject())
        && isMap(lease.at("/metadata/labels"))
        && isMap(lease.at("/metadata/annotations"))
        && (lease.path("spec").isMissingNode() || lease.path("spec").isObject());
  }

  private static boolean isMap(JsonNode node) {
    for (JsonNode each : node) {
      if (!each.isTextual()) {
        return false;
      }
    }
    return node.isMissingNode() || node.isObject();
  }
}
