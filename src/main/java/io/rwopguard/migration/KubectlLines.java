package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Writes kubectl commands that are read now and used later, perhaps by another person and after
 * other changes. So each fails rather than act on what it was not written for. They are for any
 * POSIX shell, zsh included, which takes no comments where it is interactive.
 */
final class KubectlLines {

  private static final JsonMapper JSON = new JsonMapper();

  private KubectlLines() {}

  static String name(ObjectKey key) {
    return "%s/%s".formatted(key.kind().kindName().toLowerCase(Locale.ROOT), key.name());
  }

  /** Writes text in the way that a shell passes it on unchanged. */
  static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  static String awaitBound(ClaimKey claim) {
    return "kubectl -n %s wait --for=jsonpath='{.status.phase}'=Bound pvc/%s --timeout=5m"
        .formatted(claim.namespace(), claim.name());
  }

  static String awaitGone(ClaimKey claim) {
    return "kubectl -n %s wait --for=delete pvc/%s --timeout=5m"
        .formatted(claim.namespace(), claim.name());
  }

  static String awaitGone(ObjectKey key) {
    return "kubectl -n %s wait --for=delete %s --timeout=5m".formatted(key.namespace(), name(key));
  }

  /**
   * Fails unless claim and volume are bound to each other and the claim is not being deleted. A
   * phase alone says less: a claim that is being deleted is Bound, and so is an empty one.
   */
  static String testBound(ClaimKey claim, String volume) {
    return "test \"$(%s)\" = \"$(kubectl get pv %s -o jsonpath='{.spec.claimRef.uid}') %s Bound\""
        .formatted(
            get(
                claim,
                "{.metadata.uid} {.spec.volumeName} {.status.phase}{.metadata.deletionTimestamp}"),
            volume,
            volume);
  }

  /** Fails unless the claim is still the same one, and on the same volume. */
  static String testSame(ClaimKey claim, JsonNode seen) {
    return "test \"$(%s)\" = %s"
        .formatted(
            get(claim, "{.metadata.uid} {.spec.volumeName}"),
            quoted(
                seen.path("metadata").path("uid").asText()
                    + " "
                    + seen.path("spec").path("volumeName").asText()));
  }

  /** Fails if there is a claim, or if it cannot be told. */
  static String testAbsent(ClaimKey claim) {
    // an assignment has the exit code of its command, which a test of its output would hide
    return "claim=$(kubectl -n %s get pvc %s --ignore-not-found -o name) && test -z \"$claim\""
        .formatted(claim.namespace(), claim.name());
  }

  /** Fails unless the workload is the same one with the same desired state. */
  static String testSame(ObjectKey workload, JsonNode seen) {
    return "test \"$(kubectl -n %s get %s -o jsonpath='{.metadata.uid} {.metadata.generation}')\" = %s"
        .formatted(
            workload.namespace(),
            name(workload),
            quoted(
                seen.path("metadata").path("uid").asText()
                    + " "
                    + seen.path("metadata").path("generation").asLong()));
  }

  static String testRetained(String volume) {
    return "test \"$(kubectl get pv %s -o jsonpath='{.spec.persistentVolumeReclaimPolicy}')\" = Retain"
        .formatted(volume);
  }

  private static String get(ClaimKey claim, String jsonPath) {
    return "kubectl -n %s get pvc %s -o jsonpath='%s'"
        .formatted(claim.namespace(), claim.name(), jsonPath);
  }

  /** Makes another version of a claim, which a request that names this one leaves alone. */
  static String label(ClaimKey claim, ObjectVersion version) {
    return "kubectl -n %s label pvc %s %s=by-hand --overwrite --resource-version=%s"
        .formatted(claim.namespace(), claim.name(), MigrationRun.LABEL, version.resourceVersion());
  }

  /** Prints what an annotation of a volume holds. */
  static String show(String volume, String annotation) {
    return "kubectl get pv %s -o jsonpath='{.metadata.annotations.%s}'"
        .formatted(volume, annotation.replace(".", "\\."));
  }

  static String scale(ObjectKey key, int replicas) {
    return "kubectl -n %s scale %s --replicas=%d".formatted(key.namespace(), name(key), replicas);
  }

  /** Scales a workload up unless it was scaled meanwhile. */
  static String scaleFromZero(ObjectKey key, int replicas) {
    return scale(key, replicas) + " --current-replicas=0";
  }

  static String policy(String volume, String policy) {
    return "kubectl patch pv %s -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"%s\"}}'"
        .formatted(volume, policy);
  }

  /** Remembers which version of a volume a release is decided on. */
  static String version(String volume) {
    return "version=$(kubectl get pv %s -o jsonpath='{.metadata.resourceVersion}')"
        .formatted(volume);
  }

  /**
   * Writes access modes and claimRef at once, so that no other claim can bind between the two. The
   * API server refuses it if the volume has changed since {@link #version}: a claim that was bound
   * meanwhile would be lost.
   *
   * @param uid of the claim; empty for one that Kubernetes fills in
   */
  static String release(String volume, ClaimKey claim, String uid, List<String> modes) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata").put("resourceVersion", "VERSION");
    if (uid.isEmpty()) {
      // with it the volume's controller may take the whole claimRef away, not only the UID
      metadata.putObject("annotations").putNull("pv.kubernetes.io/bound-by-controller");
    }
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
    return "kubectl patch pv %s --type=merge -p %s"
        .formatted(volume, quoted(patch.toString()).replace("VERSION", "'\"$version\"'"));
  }

  /**
   * Returns the command that removes all that a volume remembers of a move. Manifests that may
   * exist nowhere else are saved before; it may be repeated, which overwrites no file with nothing.
   */
  static String abandon(JsonNode volume) {
    String name = Surroundings.nameOf(volume);
    return save(name, Copy.OF_SET, name + "-statefulset.json")
        + " && "
        + save(name, Copy.OF_CLAIM, name + "-claim.json")
        + " && "
        + forget(name);
  }

  private static String save(String volume, String annotation, String file) {
    return "%s > %2$s.new && if test -s %2$s.new; then mv %2$s.new %2$s; else rm %2$s.new; fi"
        .formatted(show(volume, annotation), file);
  }

  /** Otherwise a later run would take the move for one that was broken off. */
  static String forget(String volume) {
    List<String> annotations = new ArrayList<>(Copy.annotations());
    annotations.add(0, MigrationRun.ANNOTATION);
    annotations.add(0, MigrationRecord.ANNOTATION);
    return "kubectl annotate pv %s %s"
        .formatted(
            volume, annotations.stream().map(each -> each + "-").collect(Collectors.joining(" ")));
  }

  /** For messages, each line of which may be indented. */
  static String createInOneLine(JsonNode manifest) {
    return "printf %%s %s | kubectl create -f -".formatted(quoted(shown(manifest).toString()));
  }

  static String create(JsonNode manifest) {
    return "kubectl create -f - <<'EOF'%n%s%nEOF".formatted(shown(manifest).toPrettyString());
  }

  private static ObjectNode shown(JsonNode manifest) {
    ObjectNode shown = manifest.deepCopy();
    ((ObjectNode) shown.path("metadata")).remove("managedFields");
    return shown;
  }
}
