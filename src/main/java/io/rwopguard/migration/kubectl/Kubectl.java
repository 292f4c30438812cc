package io.rwopguard.migration.kubectl;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.Snapshots;
import io.rwopguard.migration.plan.ClaimState;
import io.rwopguard.migration.plan.ClaimState.Claim;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.plan.NextStep;
import io.rwopguard.migration.plan.ObservedState;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.migration.plan.Step;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes the steps of a migration as kubectl commands, for users who perform it manually. */
final class Kubectl {

  private final MigrationScope unit;
  private final ObservedState look;
  private final Optional<String> snapshotClass;

  /** Whether the lines before have scaled the workload to 0. */
  private boolean scaledDown;

  /** Whether the lines before have created the workload. */
  private boolean recreated;

  /**
   * Creates a writer of commands.
   *
   * @param look the observed state before the first step
   */
  Kubectl(MigrationScope unit, ObservedState look, Optional<String> snapshotClass) {
    this.unit = unit;
    this.look = look;
    this.snapshotClass = snapshotClass;
  }

  /**
   * Returns the commands of a step, in plan order; none for what only this program needs.
   *
   * @throws RefusedException if the step waits for something that kubectl cannot determine
   */
  List<String> of(NextStep next) {
    if (next instanceof NextStep.VolumeWrite write) {
      return ofVolume(write);
    }
    if (next instanceof NextStep.ClaimCreation creation) {
      return List.of(KubectlLines.create(KubectlManifests.claim(creation.member(), look)));
    }
    if (next instanceof NextStep.ClaimWrite write && write.step() == Step.DELETE_CLAIM) {
      return deleteClaim(write.member());
    }
    if (next instanceof NextStep.SnapshotCreation creation) {
      return List.of(
          KubectlLines.create(
              Snapshots.manifest(record(creation.member()), snapshotClass.orElseThrow())));
    }
    if (next instanceof NextStep.WorkloadWrite write) {
      return ofWorkload(write.step());
    }
    if (next instanceof NextStep.SetCreation) {
      recreated = true;
      return List.of(KubectlLines.create(KubectlManifests.set(look)));
    }
    return next instanceof NextStep.Waiting waiting
        ? KubectlWaits.of(waiting.condition(), unit, scaledDown)
        : List.of();
  }

  private MigrationRecord record(int member) {
    return look.members().get(member).record();
  }

  private List<String> ofVolume(NextStep.VolumeWrite write) {
    String volume = unit.claims().get(write.member()).volumeName();
    MigrationRecord record = record(write.member());
    return switch (write.step()) {
      case RETAIN -> List.of(KubectlLines.policy(volume, "Retain"));
      case RELEASE -> List.of(release(write.member()));
      case NOTE_SET -> noteSet();
      case FINISH -> {
        List<String> acts = new ArrayList<>();
        record.policy().ifPresent(policy -> acts.add(KubectlLines.policy(volume, policy)));
        if (look.members().get(write.member()).remembered()) {
          acts.add(KubectlLines.forget(volume));
        }
        // with its former policy, a volume without its claim would be deleted
        acts.add(0, KubectlTests.bound(record.claim(), volume));
        yield List.of(KubectlLines.chain(acts));
      }
      case KEEP_CLAIM -> {
        ClaimKey claim = unit.claims().get(write.member()).key();
        yield List.of(KubectlLines.save(claim.namespace(), "pvc", claim.name()));
      }
      case KEEP_SET -> {
        ObjectKey set = unit.workload().orElseThrow();
        yield List.of(KubectlLines.save(set.namespace(), "statefulset", set.name()));
      }
      default -> List.of();
    };
  }

  /** Returns the note of a recreated StatefulSet, if an earlier run copied it; the lines do not. */
  private List<String> noteSet() {
    return ObservedState.setCopyAt(look.volumes())
        .map(at -> unit.claims().get(at).volumeName())
        .map(volume -> List.of(KubectlLines.note(volume, unit.workload().orElseThrow())))
        .orElse(List.of());
  }

  private String release(int member) {
    ClaimState seen = look.members().get(member);
    ClaimKey claim = seen.record().claim();
    String volume = unit.claims().get(member).volumeName();
    // a claim with other access modes, or one that is being deleted, does not exist by then
    boolean stays =
        seen.claim()
            .filter(each -> !each.going() && each.modes().equals(seen.record().to()))
            .isPresent();
    return KubectlLines.chain(
        List.of(
            KubectlLines.version(volume),
            // one that was given to another claim meanwhile is in use
            KubectlTests.reservedAsIn(unit.claims().get(member).volume()),
            stays
                ? KubectlTests.same(claim, look.claims().get(member).orElseThrow())
                : KubectlTests.absent(claim),
            KubectlLines.release(volume, claim, seen.wantedClaimUid(), seen.record().to())));
  }

  private List<String> deleteClaim(int member) {
    MigrationScope.BoundClaim part = unit.claims().get(member);
    ClaimKey claim = part.key();
    JsonNode seen = look.claims().get(member).orElseThrow();
    List<String> tests = new ArrayList<>();
    tests.add(KubectlTests.retained(part.volumeName()));
    tests.add(KubectlTests.unused(claim));
    tests.add(KubectlTests.detached(part.volumeName()));
    // after those tests, since a workload that was just started has no Pods yet
    tests.addAll(testsOfWorkload());
    tests.add(KubectlLines.version(claim.namespace(), "pvc/" + claim.name()));
    // a claim that was recreated meanwhile may be on another volume, which would be deleted with it
    tests.add(KubectlTests.same(claim, seen));
    tests.add(
        KubectlLines.delete(
            pathOfClaims(claim), claim.name(), KubeObject.of(seen).uid(), "Background"));
    List<String> commands = new ArrayList<>();
    commands.add(KubectlLines.chain(tests));
    commands.add(KubectlLines.awaitGone(claim));
    if (look.members().get(member).claim().filter(Claim::bound).isPresent()) {
      // the volume controller changes the volume once more
      commands.add(KubectlLines.awaitReleased(part.volumeName()));
    }
    return commands;
  }

  static String pathOfClaims(ClaimKey claim) {
    return "/api/v1/namespaces/%s/persistentvolumeclaims".formatted(claim.namespace());
  }

  /** Returns tests of the workload, which could otherwise start a Pod or create an empty claim. */
  List<String> testsOfWorkload() {
    return unit.workload().stream().map(this::testOf).toList();
  }

  private String testOf(ObjectKey key) {
    if (recreated) {
      return KubectlTests.idle(key);
    }
    if (look.object().isEmpty()) {
      return KubectlTests.absent(key);
    }
    // a Deployment's generation also grows with annotations, which others write when Pods end
    boolean idle = scaledDown || look.workload().seen().filter(seen -> seen.isIdle()).isPresent();
    return idle && key.kind() != Kind.STATEFUL_SET
        ? KubectlTests.sameAndIdle(key, look.object().get())
        : KubectlTests.same(key, look.object().get(), scaledDown ? 1 : 0);
  }

  private List<String> ofWorkload(Step what) {
    ObjectKey key = unit.workload().orElseThrow();
    List<String> commands = new ArrayList<>();
    switch (what) {
      case SCALE_DOWN -> {
        List<String> chain = new ArrayList<>(testsOfWorkload());
        chain.add(KubectlLines.scale(key, 0));
        commands.add(KubectlLines.chain(chain));
        scaledDown = !recreated;
        if (scaledDown && key.kind() == Kind.STATEFUL_SET) {
          // a StatefulSet controller that has not observed the change would recreate a claim
          commands.add(KubectlLines.awaitObserved(key, generation() + 1));
        }
        commands.addAll(KubectlWaits.unused(unit));
      }
      case SCALE_UP -> {
        List<String> chain = new ArrayList<>();
        // a StatefulSet controller would create an empty claim in place of a missing one
        unit.claims().forEach(part -> chain.add(KubectlTests.bound(part.key(), part.volumeName())));
        chain.add(KubectlLines.scaleFromZero(key, record(0).replicas()));
        commands.add(KubectlLines.chain(chain));
      }
      case DELETE_SET -> {
        List<String> chain = new ArrayList<>();
        chain.add(KubectlLines.version(key.namespace(), KubectlLines.name(key)));
        // the new StatefulSet is created from this version
        chain.addAll(testsOfWorkload());
        chain.add(
            KubectlLines.delete(
                "/apis/apps/v1/namespaces/%s/statefulsets".formatted(key.namespace()),
                key.name(),
                KubeObject.of(look.object().orElseThrow()).uid(),
                "Orphan"));
        commands.add(KubectlLines.chain(chain));
        commands.add(KubectlLines.awaitGone(key));
      }
      default -> {}
    }
    return commands;
  }

  private long generation() {
    return KubeObject.of(look.object().orElseThrow()).generation();
  }
}
