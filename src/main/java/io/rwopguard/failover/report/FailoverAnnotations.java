package io.rwopguard.failover.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.failover.record.RecordFormat;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Shows failovers to people and applications, in annotations of the workload and of the Leases
 * beside the claims. The controller reads nothing back from them.
 */
public record FailoverAnnotations(FailoverStore objects, ConditionLog problems) {

  private static final int ATTEMPTS = 4;

  /** Shows the start of a failover on the Leases beside its claims. */
  public void showStart(FailoverRecord record) {
    Map<String, String> annotations = new HashMap<>();
    annotations.put(PrimaryLease.IN_PROGRESS, RecordFormat.write(record));
    record.claims().forEach(claim -> show(record.namespace(), claim.name(), annotations));
  }

  /** Shows how a failover ended. */
  public void showEnd(FailoverRecord record, Outcome outcome) {
    String timeline =
        RecordFormat.timeline(record)
            .put("node", record.node())
            .put("pod", record.pod())
            .put("outcome", outcome.id())
            .toString();
    Map<String, String> annotations = new HashMap<>();
    annotations.put(PrimaryLease.IN_PROGRESS, null);
    if (outcome != Outcome.CANCELED) {
      annotations.put(PrimaryLease.LAST, timeline);
    }
    record.claims().forEach(claim -> show(record.namespace(), claim.name(), annotations));
    if (outcome != Outcome.CANCELED) {
      record
          .workload()
          .ifPresent(
              key ->
                  tryTo(
                      "annotation of " + key,
                      () -> objects.annotate(key, PrimaryLease.LAST, timeline)));
    }
  }

  /** Retries conflicts: token and holder are written to the same Lease at the same time. */
  private void show(String namespace, String claim, Map<String, String> annotations) {
    ClaimKey key = new ClaimKey(namespace, claim);
    tryTo("annotations of the Lease beside claim " + key, () -> show(key, annotations));
  }

  private boolean show(ClaimKey claim, Map<String, String> annotations) {
    JsonNode lease =
        objects.get(Resources.LEASES, claim.namespace(), PrimaryLease.nameOf(claim)).orElse(null);
    return lease != null && PrimaryLease.isOwn(lease) && objects.annotateLease(lease, annotations);
  }

  /** Tries a write whose failure stops no failover: a tenant may have filled the object. */
  private void tryTo(String what, BooleanSupplier write) {
    try {
      boolean written = false;
      for (int i = 0; i < ATTEMPTS && !written; i++) {
        written = write.getAsBoolean();
      }
      problems.solved(what);
    } catch (KubernetesClientException e) {
      problems.found(what, e);
    }
  }
}
