package io.rwopguard.migration.execution;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.migration.cluster.ClaimManifest;
import io.rwopguard.migration.cluster.MigrationWrites;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Step;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;

/** Asks the API server, by dry runs, whether it would recreate what is to be deleted. */
final class DryRuns {

  private static final int FORBIDDEN = 403;

  /** The longest copy. All annotations together may have 256 KiB, and there are others. */
  private static final int LARGEST_COPY = 100_000;

  private final MigrationScope unit;
  private final MigrationWrites writes;

  DryRuns(MigrationScope unit, MigrationWrites writes) {
    this.unit = unit;
    this.writes = writes;
  }

  /** Returns whether a quota caused a failure. A quota is recounted some time after a deletion. */
  static boolean isQuota(KubernetesClientException e) {
    return e.getCode() == FORBIDDEN && String.valueOf(e.getMessage()).contains("exceeded quota");
  }

  /** Returns the message of the API server. */
  static String said(KubernetesClientException e) {
    return e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
  }

  /** Tests that the API server would recreate everything that the migration deletes. */
  void all(ObservedState look) {
    for (int i = 0; i < unit.claims().size(); i++) {
      if (look.claims().get(i).isPresent() && !look.members().get(i).isThere()) {
        claim(i, look);
      }
    }
    if (look.workload().seen().filter(seen -> !seen.templateFits()).isPresent()) {
      set(look);
    }
  }

  /** Tests the same for an object that is about to be deleted, in its current state. */
  void before(NextStep next, ObservedState look) {
    if (next.step() == Step.DELETE_SET) {
      set(look);
    }
    if (next instanceof NextStep.ClaimWrite write && next.step() == Step.DELETE_CLAIM) {
      claim(write.member(), look);
    }
  }

  private static void fits(JsonNode manifest) {
    if (manifest.toString().length() > LARGEST_COPY) {
      throw new RefusedException(
          "%s %s is too large to copy to an annotation of its volume. Reduce its size, for example by removing annotations, or migrate manually (--show-kubectl)."
              .formatted(manifest.path("kind").asText(), KubeObject.of(manifest).name()));
    }
  }

  private void claim(int member, ObservedState look) {
    JsonNode claim = look.claims().get(member).orElseThrow();
    attemptCreation(
        Kind.PERSISTENT_VOLUME_CLAIM,
        ClaimManifest.with(
            ClaimManifest.of(claim, look.volumes().get(member)),
            look.members().get(member).record().to()));
  }

  private void set(ObservedState look) {
    MigrationRecord record = look.members().get(0).record();
    attemptCreation(
        Kind.STATEFUL_SET,
        ClaimManifest.ofSet(
            ClaimManifest.ofSet(look.object().orElseThrow()),
            unit.template(),
            record.to(),
            record.replicas()));
  }

  private void attemptCreation(Kind kind, JsonNode manifest) {
    fits(manifest);
    try {
      JsonNode made = writes.tryToCreate(kind, ClaimManifest.underAnotherName(manifest));
      ClaimManifest.changedModes(manifest, made)
          .ifPresent(
              modes -> {
                throw new RefusedException(
                    "%s %s would be created with the access modes %s, because an admission policy or webhook changes them. Exempt this object there first."
                        .formatted(kind.kindName(), KubeObject.of(manifest).name(), modes));
              });
    } catch (KubernetesClientException e) {
      boolean unanswered = e.getStatus() == null || e.getCode() / 100 == 5;
      boolean untried = said(e).contains("does not support dry run");
      if (unanswered) {
        throw e;
      }
      if (!untried && !isQuota(e)) {
        throw new RefusedException(
            "%s %s could not be recreated, so it is not deleted: %s"
                .formatted(kind.kindName(), KubeObject.of(manifest).name(), said(e)));
      }
    }
  }
}
