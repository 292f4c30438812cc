package io.rwopguard.failover.record;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Claim;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Creates records of failovers. */
public final class TestRecords {

  private TestRecords() {}

  /** Returns the record of a failover that was started for Pod shop/db-0 on node-2. */
  public static FailoverRecord of(String key, Instant decided) {
    return of(key, decided, "");
  }

  /** Returns the same from another node. */
  public static FailoverRecord from(String node, String key, Instant decided) {
    FailoverRecord record = of(key, decided);
    return new FailoverRecord(
        key,
        record.namespace(),
        record.pod(),
        record.podUid(),
        node,
        record.nodeUid(),
        record.bootId(),
        record.renewTime(),
        record.claims(),
        record.sharedClaims(),
        record.controller(),
        record.workload(),
        record.requestedBy(),
        record.times(),
        record.outcome());
  }

  /** Returns the same of a Node object of this UID. */
  public static FailoverRecord of(String key, Instant decided, String nodeUid) {
    return of(key, decided, nodeUid, "uid");
  }

  /** Returns the same of a Pod of this UID. */
  public static FailoverRecord of(String key, Instant decided, String nodeUid, String podUid) {
    return new FailoverRecord(
        key,
        "shop",
        "db-0",
        podUid,
        "node-2",
        nodeUid,
        "",
        "then",
        List.of(new Claim("data", "claim-uid")),
        List.of(),
        "",
        Optional.empty(),
        "",
        Map.of(Step.DECIDED, decided),
        Optional.empty());
  }
}
