package io.rwopguard.migration;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.cluster.Problems;
import io.rwopguard.migration.MigrationPlanner.Next;
import io.rwopguard.migration.MigrationPlanner.Step;
import io.rwopguard.workload.ClaimKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Makes claims anew with another access mode, around the volumes they have. What has been done is
 * seen on the cluster, so that asking again goes on where it was broken off.
 */
public final class Migration {

  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int CONFLICT = 409;
  private static final int UNPROCESSABLE = 422;
  private static final int FORBIDDEN = 403;

  private final Unit unit;
  private final MigrationSight sight;
  private final MigrationActs acts;
  private final boolean rollback;
  private final MigrationObjects objects;
  private final Vouched vouched;

  /** What the API server last said against the step that is tried. */
  private String refusal = "";

  private boolean hasWritten;

  private Migration(MigrationObjects objects, Unit unit, boolean rollback, Vouched vouched) {
    this.objects = objects;
    this.unit = unit;
    this.vouched = vouched;
    this.rollback = rollback;
    this.sight = new MigrationSight(objects, new UnitFinder(objects), unit, rollback);
    this.acts = new MigrationActs(objects, unit);
  }

  /**
   * What the user vouches for.
   *
   * @param driverIsCapable that the driver and its sidecars know ReadWriteOncePod
   * @param gitOpsIsPaused that whoever keeps the workload as it is in git has been stopped
   * @param operatorIsStopped that the operator that keeps the workload has been stopped, or has
   *     scaled it to 0
   */
  public record Vouched(
      boolean driverIsCapable, boolean gitOpsIsPaused, boolean operatorIsStopped) {}

  /**
   * Selects claims of a namespace by their labels.
   *
   * @throws RefusedException if there is none
   */
  public static List<ClaimKey> claimsOf(
      KubernetesClient client, String namespace, String selector) {
    List<ClaimKey> claims =
        new MigrationObjects(client)
            .claims(namespace, selector).stream()
                .map(json -> new ClaimKey(namespace, json.path("metadata").path("name").asText()))
                .toList();
    if (claims.isEmpty()) {
      throw new RefusedException(
          "namespace %s has no claims with the labels %s".formatted(namespace, selector));
    }
    return claims;
  }

  /**
   * Looks at a claim and at what belongs to it.
   *
   * @param rollback whether to go back to the access modes that it had
   * @throws RefusedException with all that speaks against it
   */
  public static Migration of(
      KubernetesClient client, ClaimKey claim, boolean rollback, Vouched vouched) {
    MigrationObjects objects = new MigrationObjects(client);
    Unit unit = new UnitFinder(objects).find(claim);
    boolean back =
        unit.isUnderWay()
            ? rollback
                || unit.claims().get(0).remembered().map(MigrationRecord::rollback).orElse(false)
            : rollback;
    if (rollback && !unit.isUnderWay()) {
      throw new RefusedException(
          "no move of claim %s is in progress, and a completed move is not undone; to return to ReadWriteOnce, follow the steps in docs/migration.md manually"
              .formatted(claim));
    }
    if (!unit.isUnderWay()) {
      List<String> problems = new MigrationChecks(objects, vouched).problems(unit);
      if (!problems.isEmpty()) {
        throw new RefusedException(String.join("\n", problems));
      }
    }
    return new Migration(objects, unit, back, vouched);
  }

  /** The claims that are moved together. */
  public List<ClaimKey> claims() {
    return unit.claims().stream().map(Unit.Part::key).toList();
  }

  /** Whether it goes back to the access modes that the claims had. */
  public boolean goesBack() {
    return rollback;
  }

  /** Whether it was begun before. */
  public boolean isUnderWay() {
    return unit.isUnderWay();
  }

  /** What would be done, in order, if nothing changes meanwhile. */
  public List<String> plan() {
    List<String> plan = new ArrayList<>();
    Simulation simulation = new Simulation(sight.members(), sight.workload());
    Next next = simulation.next();
    while (next.step() != Step.DONE && plan.size() < 1000) {
      plan.add(text(next));
      simulation.does(next);
      next = simulation.next();
    }
    return plan;
  }

  /** What has to be known beside the plan. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (Unit.Part part : unit.claims()) {
      if (sight.record(part).policy().isEmpty()) {
        notes.add(
            "the reclaim policy of volume %s is Retain and stays so: what it was before is not known"
                .formatted(part.volumeName()));
      }
      if (part.claim().map(claim -> claim.path("spec").has("dataSourceRef")).orElse(false)) {
        notes.add(
            "claim %s has a data source, which the new one leaves out: its data is on the volume"
                .formatted(part.key()));
      }
    }
    if (unit.workload().isPresent() && sight.record(0).replicas() == 0) {
      notes.add(
          "%s is at 0 replicas and stays so; scale it up when you are ready"
              .formatted(unit.workload().get()));
    }
    if (sight.recreatesSet()) {
      notes.add(
          "%s is recreated, since a claim template cannot be changed: its UID will be another one"
              .formatted(unit.workload().orElseThrow()));
    }
    notes.addAll(new MigrationNotes(around(), unit, vouched).all(sight.record(0).to()));
    return notes;
  }

  /** The texts that change the access mode in git. */
  public String gitPatch() {
    return GitPatch.of(unit, around().workload(unit), sight.record(0).to());
  }

  private Surroundings around() {
    return Surroundings.of(objects, unit.claims().get(0).key().namespace());
  }

  /**
   * Does it, step by step, each seen to be done before the next.
   *
   * @param patience for anything that others have to do
   * @throws RefusedException if something does not come about, or the API server gives no answer
   *     after the first write
   */
  public void apply(Consumer<String> progress, Duration patience) {
    try {
      doSteps(progress, patience);
    } catch (KubernetesClientException e) {
      if (!hasWritten) {
        throw e;
      }
      throw new RefusedException(
          "the move is not complete, since the API server did not do what it was asked: %s; run the command again to resume, or with --rollback to go back"
              .formatted(Problems.textOf(e)));
    }
  }

  private void doSteps(Consumer<String> progress, Duration patience) {
    String said = "";
    refusal = "";
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      Next next = MigrationPlanner.next(sight.members(), sight.workload());
      if (next.step() == Step.DONE) {
        return;
      }
      String text = text(next);
      if (!text.equals(said)) {
        progress.accept(text);
        said = text;
        refusal = "";
        end = System.nanoTime() + patience.toNanos();
      }
      if (next.step() != Step.WAIT && attempt(next)) {
        continue;
      }
      if (System.nanoTime() > end) {
        throw new RefusedException(
            "this did not happen within %d minutes: %s%s; look why, and run the command again to resume, or with --rollback to go back"
                .formatted(patience.toMinutes(), text, refusal));
      }
      try {
        TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RefusedException("broken off; run the command again to resume");
      }
    }
  }

  /** False if something had changed, or a quota has not been counted anew yet: looked at again. */
  private boolean attempt(Next next) {
    // also of a request without an answer it is not known whether it took effect
    boolean first = !hasWritten;
    hasWritten = true;
    try {
      // of the workload every claim remembers the same
      acts.act(next, sight.record(Math.max(0, next.member())));
      return true;
    } catch (KubernetesClientException e) {
      boolean quota =
          e.getCode() == FORBIDDEN && String.valueOf(e.getMessage()).contains("exceeded quota");
      if (e.getCode() == CONFLICT || e.getCode() == UNPROCESSABLE || quota) {
        refusal = " (" + e.getStatus().getMessage() + ")";
        return false;
      }
      // a first write that was refused left all as it was
      hasWritten = !first || e.getCode() / 100 != 4;
      throw e;
    }
  }

  private String text(Next next) {
    if (next.step() == Step.WAIT) {
      return next.step().text(next.why());
    }
    if (next.member() < 0) {
      return next.step().text(unit.workload().map(Object::toString).orElse("nothing"));
    }
    Unit.Part part = unit.claims().get(next.member());
    return switch (next.step()) {
      case DELETE_CLAIM, CREATE_CLAIM -> next.step().text(part.key());
      default -> next.step().text(part.volumeName());
    };
  }
}
