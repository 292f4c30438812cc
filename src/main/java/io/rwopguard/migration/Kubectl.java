package io.rwopguard.migration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The steps of a move as kubectl commands, for those who have to do it by hand. */
final class Kubectl {

  private static final JsonMapper JSON = new JsonMapper();

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
      return List.of(create(ClaimManifest.recreated(creation.member(), copied(creation.member()))));
    }
    if (next instanceof Next.ClaimWrite write && write.step() == Step.DELETE_CLAIM) {
      Unit.Part part = unit.claims().get(write.member());
      return List.of(
          "test \"$(kubectl get pv %s -o jsonpath='{.spec.persistentVolumeReclaimPolicy}')\" = Retain"
              .formatted(part.volumeName()),
          "kubectl -n %s delete pvc %s".formatted(part.key().namespace(), part.key().name()));
    }
    if (next instanceof Next.WorkloadWrite write) {
      return ofWorkload(write.step());
    }
    if (next instanceof Next.SetCreation) {
      return List.of(create(newSet()));
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
      case RETAIN -> List.of(policy(volume, "Retain"));
      case RELEASE ->
          List.of(
              release(
                  volume,
                  record.claim(),
                  look.members().get(write.member()).wantedClaimUid(),
                  record.to()));
      case FINISH -> {
        List<String> commands = new ArrayList<>();
        record.policy().ifPresent(policy -> commands.add(policy(volume, policy)));
        if (look.members().get(write.member()).remembered()) {
          commands.add(forget(volume));
        }
        yield commands;
      }
      case KEEP_CLAIM -> {
        ClaimKey claim = unit.claims().get(write.member()).key();
        yield List.of(
            "kubectl -n %1$s get pvc %2$s -o yaml > %2$s.yaml.new && mv %2$s.yaml.new %2$s.yaml"
                .formatted(claim.namespace(), claim.name()));
      }
      case KEEP_SET -> {
        ObjectKey set = unit.workload().orElseThrow();
        yield List.of(
            "kubectl -n %1$s get statefulset %2$s -o yaml > %2$s.yaml.new && mv %2$s.yaml.new %2$s.yaml"
                .formatted(set.namespace(), set.name()));
      }
      default -> List.of();
    };
  }

  private List<String> ofWorkload(Step step) {
    ObjectKey key = unit.workload().orElseThrow();
    String object = name(key);
    return switch (step) {
      case SCALE_DOWN ->
          List.of("kubectl -n %s scale %s --replicas=0".formatted(key.namespace(), object));
      case SCALE_UP -> List.of(scale(key, record(0).replicas()));
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
    for (Unit.Part part : unit.claims()) {
      if (why.equals("claim %s is bound".formatted(part.key()))) {
        commands.add(awaitBound(part.key()));
      } else if (why.equals("claim %s is gone".formatted(part.key()))) {
        commands.add(
            "kubectl -n %s wait --for=delete pvc/%s --timeout=5m"
                .formatted(part.key().namespace(), part.key().name()));
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

  /**
   * The command that removes all that a volume remembers of a move. What may exist nowhere else is
   * saved before.
   */
  static String forget(JsonNode volume) {
    String name = Surroundings.nameOf(volume);
    return Copy.on(volume, Copy.OF_SET)
        .filter(copy -> copy.made().isEmpty())
        .map(copy -> "%s > %s-statefulset.json && ".formatted(show(name, Copy.OF_SET), name))
        .orElse("")
        .concat(forget(name));
  }

  /** Otherwise a later run would take the move for one that was broken off. */
  private static String forget(String volume) {
    List<String> annotations = new ArrayList<>(Copy.annotations());
    annotations.add(0, MigrationRun.ANNOTATION);
    annotations.add(0, MigrationRecord.ANNOTATION);
    return "kubectl annotate pv %s %s"
        .formatted(
            volume, annotations.stream().map(each -> each + "-").collect(Collectors.joining(" ")));
  }

  /** What is deployed between the printing and the pasting would be undone. */
  List<String> check() {
    return unit.workload().isPresent() && look.object().isPresent()
        ? List.of(
            "test \"$(kubectl -n %s get %s -o jsonpath='{.metadata.generation}')\" = %d # else print these lines again"
                .formatted(
                    unit.workload().get().namespace(),
                    name(unit.workload().get()),
                    look.object().get().path("metadata").path("generation").asLong()))
        : List.of();
  }

  private static String name(ObjectKey key) {
    return "%s/%s".formatted(key.kind().kindName().toLowerCase(Locale.ROOT), key.name());
  }

  static String awaitBound(ClaimKey claim) {
    return "kubectl -n %s wait --for=jsonpath='{.status.phase}'=Bound pvc/%s --timeout=5m"
        .formatted(claim.namespace(), claim.name());
  }

  static String awaitGone(ObjectKey key) {
    return "kubectl -n %s wait --for=delete %s --timeout=5m".formatted(key.namespace(), name(key));
  }

  /** Makes another version of a claim, which a request that names this one leaves alone. */
  static String label(ClaimKey claim, ObjectVersion version) {
    return "kubectl -n %s label pvc %s %s=by-hand --overwrite --resource-version=%s"
        .formatted(claim.namespace(), claim.name(), MigrationRun.LABEL, version.resourceVersion());
  }

  /** Fails if there is a claim. */
  static String testAbsent(ClaimKey claim) {
    return "test -z \"$(kubectl -n %s get pvc %s --ignore-not-found -o name)\""
        .formatted(claim.namespace(), claim.name());
  }

  /** Prints what an annotation of a volume holds. */
  static String show(String volume, String annotation) {
    return "kubectl get pv %s -o jsonpath='{.metadata.annotations.%s}'"
        .formatted(volume, annotation.replace(".", "\\."));
  }

  static String scale(ObjectKey key, int replicas) {
    return "kubectl -n %s scale %s --replicas=%d".formatted(key.namespace(), name(key), replicas);
  }

  static String policy(String volume, String policy) {
    return "kubectl patch pv %s -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"%s\"}}'"
        .formatted(volume, policy);
  }

  /** Access modes and claimRef in one write, so that no other claim can bind between the two. */
  static String release(String volume, ClaimKey claim, String uid, List<String> modes) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode spec = patch.putObject("spec");
    ArrayNode written = spec.putArray("accessModes");
    modes.forEach(written::add);
    // whole, for a volume whose claimRef was removed: an empty one would keep every claim from it
    spec.putObject("claimRef")
        .put("apiVersion", "v1")
        .put("kind", "PersistentVolumeClaim")
        .put("namespace", claim.namespace())
        .put("name", claim.name())
        .put("uid", uid.isEmpty() ? null : uid)
        .putNull("resourceVersion");
    return "kubectl patch pv %s --type=merge -p '%s'".formatted(volume, patch);
  }

  /** For messages, each line of which may be indented. */
  static String createInOneLine(JsonNode manifest) {
    return "printf %%s '%s' | kubectl create -f -"
        .formatted(shown(manifest).toString().replace("'", "'\\''"));
  }

  private static ObjectNode shown(JsonNode manifest) {
    ObjectNode shown = manifest.deepCopy();
    ((ObjectNode) shown.path("metadata")).remove("managedFields");
    return shown;
  }

  private static String create(JsonNode manifest) {
    try {
      return "kubectl create -f - <<'EOF'%n%s%nEOF"
          .formatted(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(shown(manifest)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
