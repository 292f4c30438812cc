package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The steps of a move as kubectl commands, for those who have to do it by hand. */
final class Kubectl {

  private static final String CHANGED =
      " || { echo 'a claim or the workload has changed: print these lines again' >&2; exit 1; }";

  private final Unit unit;
  private final Look look;

  /**
   * Creates one.
   *
   * @param look before the first step
   */
  Kubectl(Unit unit, Look look) {
    this.unit = unit;
    this.look = look;
  }

  /** The commands of a step; none of what only this program needs. */
  List<String> of(Next next) {
    if (next instanceof Next.VolumeWrite write) {
      return ofVolume(write);
    }
    if (next instanceof Next.ClaimCreation creation) {
      return List.of(
          KubectlLines.create(
              ClaimManifest.recreated(creation.member(), copied(creation.member()))));
    }
    if (next instanceof Next.ClaimWrite write && write.step() == Step.DELETE_CLAIM) {
      Unit.Part part = unit.claims().get(write.member());
      List<String> commands = new ArrayList<>();
      commands.add(KubectlLines.testRetained(part.volumeName()));
      // one that was recreated meanwhile may be on another volume, which would go with it
      look.claims()
          .get(write.member())
          .ifPresent(seen -> commands.add(KubectlLines.testSame(part.key(), seen)));
      commands.add(
          "kubectl -n %s delete pvc %s".formatted(part.key().namespace(), part.key().name()));
      return commands;
    }
    if (next instanceof Next.WorkloadWrite write) {
      return ofWorkload(write.step());
    }
    if (next instanceof Next.SetCreation) {
      return List.of(KubectlLines.create(newSet()));
    }
    return next instanceof Next.Waiting waiting ? ofWaiting(waiting.why()) : List.of();
  }

  private MigrationRecord record(int member) {
    return look.members().get(member).record();
  }

  private List<String> ofVolume(Next.VolumeWrite write) {
    String volume = unit.claims().get(write.member()).volumeName();
    MigrationRecord record = record(write.member());
    return switch (write.step()) {
      case RETAIN -> List.of(KubectlLines.policy(volume, "Retain"));
      case RELEASE -> {
        String uid = look.members().get(write.member()).wantedClaimUid();
        yield List.of(
            KubectlLines.version(volume),
            (uid.isEmpty()
                    ? KubectlLines.testAbsent(record.claim())
                    : KubectlLines.testSame(
                        record.claim(), look.claims().get(write.member()).orElseThrow()))
                + CHANGED,
            KubectlLines.release(volume, record.claim(), uid, record.to()));
      }
      case FINISH -> {
        List<String> commands = new ArrayList<>();
        // without its claim the volume would be deleted
        commands.add(KubectlLines.testBound(record.claim(), volume));
        record.policy().ifPresent(policy -> commands.add(KubectlLines.policy(volume, policy)));
        if (look.members().get(write.member()).remembered()) {
          commands.add(KubectlLines.forget(volume));
        }
        yield commands;
      }
      case KEEP_CLAIM -> {
        ClaimKey claim = unit.claims().get(write.member()).key();
        yield save(claim.namespace(), "pvc", claim.name());
      }
      case KEEP_SET -> {
        ObjectKey set = unit.workload().orElseThrow();
        yield save(set.namespace(), "statefulset", set.name());
      }
      default -> List.of();
    };
  }

  /** Returns two commands: even with set -e a shell continues after one that fails before &&. */
  private static List<String> save(String namespace, String kind, String name) {
    String file = "%s-%s-%s.before.yaml".formatted(namespace, kind, name);
    return List.of(
        "kubectl -n %s get %s %s -o yaml > %s.new".formatted(namespace, kind, name, file),
        "mv %1$s.new %1$s".formatted(file));
  }

  private List<String> ofWorkload(Step step) {
    ObjectKey key = unit.workload().orElseThrow();
    String object = KubectlLines.name(key);
    return switch (step) {
      case SCALE_DOWN ->
          List.of("kubectl -n %s scale %s --replicas=0".formatted(key.namespace(), object));
      case SCALE_UP -> {
        List<String> commands = new ArrayList<>();
        // a StatefulSet's controller would create an empty claim in place of a missing one
        for (Unit.Part part : unit.claims()) {
          commands.add(KubectlLines.testBound(part.key(), part.volumeName()));
        }
        commands.add(KubectlLines.scale(key, record(0).replicas()));
        yield commands;
      }
      case DELETE_SET ->
          List.of("kubectl -n %s delete %s --cascade=orphan".formatted(key.namespace(), object));
      default -> List.of();
    };
  }

  private List<String> ofWaiting(String why) {
    List<String> commands = new ArrayList<>();
    String namespace = unit.claims().get(0).key().namespace();
    if (why.startsWith("Pod ")) {
      for (String pod : look.workload().pods()) {
        commands.add(
            "kubectl -n %s wait --for=delete pod/%s --timeout=5m".formatted(namespace, pod));
      }
    }
    boolean ofPods = why.startsWith("Pod ") || why.equals(MigrationPlanner.DETACHED);
    if (ofPods && look.workload().attached()) {
      for (Unit.Part part : unit.claims()) {
        commands.add(
            "until v=$(kubectl get volumeattachments -o jsonpath='{.items[*].spec.source.persistentVolumeName}') && ! echo \"$v\" | tr ' ' '\\n' | grep -qxF -e %s; do sleep 1; done"
                .formatted(part.volumeName()));
      }
    }
    unit.workload()
        .filter(key -> why.equals(key + " is gone"))
        .ifPresent(key -> commands.add(KubectlLines.awaitGone(key)));
    for (Unit.Part part : unit.claims()) {
      if (why.equals("claim %s is bound".formatted(part.key()))) {
        commands.add(KubectlLines.awaitBound(part.key()));
      } else if (why.equals("claim %s is gone".formatted(part.key()))) {
        commands.add(KubectlLines.awaitGone(part.key()));
      }
    }
    return commands;
  }

  /** As it will be by then: with a copy of the claim on the volume. */
  private Look copied(int member) {
    Optional<JsonNode> claim = look.claims().get(member);
    if (claim.isEmpty()) {
      return look;
    }
    JsonNode volume = look.volumes().get(member);
    ObjectNode with = volume.deepCopy();
    new Copy(ObjectVersion.of(claim.get()), ClaimManifest.of(claim.get(), volume))
        .putInto(with.withObject("/metadata/annotations"), Copy.OF_CLAIM);
    List<JsonNode> volumes = new ArrayList<>(look.volumes());
    volumes.set(member, with);
    return new Look(look.members(), look.workload(), volumes, look.claims(), look.object());
  }

  private JsonNode newSet() {
    MigrationRecord record = record(0);
    JsonNode manifest =
        look.object()
            .<JsonNode>map(ClaimManifest::ofSet)
            .orElseGet(() -> look.setCopy().orElseThrow().manifest());
    return ClaimManifest.ofSet(manifest, record.template(), record.to(), 0);
  }

  /** Returns tests that fail if anything was changed between the printing and the pasting. */
  List<String> check() {
    List<String> tests = new ArrayList<>();
    unit.workload()
        .filter(key -> look.object().isPresent())
        .ifPresent(key -> tests.add(KubectlLines.testSame(key, look.object().get())));
    for (int i = 0; i < unit.claims().size(); i++) {
      ClaimKey claim = unit.claims().get(i).key();
      tests.add(
          look.claims()
              .get(i)
              .map(seen -> KubectlLines.testSame(claim, seen))
              .orElseGet(() -> KubectlLines.testAbsent(claim)));
    }
    return tests.stream().map(test -> test + CHANGED).toList();
  }
}
