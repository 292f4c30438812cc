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

  /**
   * Joins tests and what they are for to one line, which is also whole where it is pasted alone.
   */
  static String chain(List<String> commands) {
    return String.join(" && ", commands);
  }

  /**
   * Makes a command say where the lines stopped if it fails, and fail then: with set -e, too, a
   * shell continues after a failure before the last command of a chain.
   *
   * @param advice what to do after that
   */
  static String guarded(String command, String step, String advice) {
    // what is written to a command begins on the next line
    int end = command.indexOf('\n');
    String first = end < 0 ? command : command.substring(0, end);
    return first
        + orSay(
            "stopped at: %s. Something is not as it was, or kubectl failed: %s"
                .formatted(step, advice))
        + command.substring(first.length());
  }

  /** Says what to do if what it is written behind fails, and fails as well. */
  static String orSay(String text) {
    return " || { echo %s >&2; false; }".formatted(quoted(text));
  }

  /** Writes a comment that an interactive zsh takes as well. */
  static String comment(String text) {
    return ": " + quoted(text);
  }

  static String name(ObjectKey key) {
    return "%s/%s".formatted(key.kind().kindName().toLowerCase(Locale.ROOT), key.name());
  }

  /** Writes text in the way that a shell passes it on unchanged. */
  static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  /** Saves an object in a file that keeps what it had if that fails. */
  static String save(String namespace, String kind, String name) {
    String file = "%s-%s-%s.before.yaml".formatted(namespace, kind, name);
    return "kubectl -n %1$s get %2$s %3$s -o yaml > %4$s.new && command mv -f %4$s.new %4$s"
        .formatted(namespace, kind, name, file);
  }

  /** Fails if kubectl cannot send {@link #delete}: old ones leave out a path of the server's. */
  static String raw(String path) {
    return "kubectl get --raw %s > /dev/null".formatted(path);
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

  static String awaitReleased(String volume) {
    return "kubectl wait --for=jsonpath='{.status.phase}'=Released pv/%s --timeout=5m"
        .formatted(volume);
  }

  static String awaitReady(String namespace, String snapshot) {
    return "kubectl -n %s wait --for=jsonpath='{.status.readyToUse}'=true volumesnapshot/%s --timeout=1h"
        .formatted(namespace, snapshot);
  }

  static String awaitObserved(ObjectKey key, long generation) {
    return "kubectl -n %s wait --for=jsonpath='{.status.observedGeneration}'=%d %s --timeout=5m"
        .formatted(key.namespace(), generation, name(key));
  }

  /** Notes on a volume that a StatefulSet is there again: gone later, its owner deleted it. */
  static String note(String volume, ObjectKey set) {
    return "uid=$(kubectl -n %s get %s -o jsonpath='{.metadata.uid}') && kubectl annotate pv %s %s=\"$uid\" --overwrite"
        .formatted(set.namespace(), name(set), volume, Copy.OF_SET_MADE);
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

  /** Remembers which version of an object a deletion is decided on. */
  static String version(String namespace, String object) {
    return "version=$(kubectl -n %s get %s -o jsonpath='{.metadata.resourceVersion}')"
        .formatted(namespace, object);
  }

  /**
   * Deletes an object unless it is another one, or has changed since {@link #version}. {@code
   * kubectl delete} has no such preconditions except in what {@code --raw} sends (DeleteOptions of
   * k8s.io/apimachinery).
   *
   * @param resource the path of its kind, such as {@code /api/v1/namespaces/shop/pods}
   */
  static String delete(String resource, String name, String uid, String propagation) {
    ObjectNode options = JSON.createObjectNode().put("propagationPolicy", propagation);
    options.putObject("preconditions").put("uid", uid).put("resourceVersion", "VERSION");
    return "printf %%s %s | kubectl delete --raw %s/%s -f - > /dev/null"
        .formatted(versioned(options), resource, name);
  }

  private static String versioned(ObjectNode json) {
    return quoted(json.toString()).replace("VERSION", "'\"$version\"'");
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
      metadata.putObject("annotations").putNull(MigrationWrites.BOUND_BY_CONTROLLER);
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
    return "kubectl patch pv %s --type=merge -p %s".formatted(volume, versioned(patch));
  }

  /**
   * Returns the command that removes all that a volume remembers of a move, unless it remembers
   * another one by then. Manifests that may exist nowhere else are saved before; it may be
   * repeated, which overwrites no file with nothing.
   */
  static String abandon(JsonNode volume) {
    String name = Surroundings.nameOf(volume);
    String since =
        MigrationRecord.of(volume).map(record -> record.since().toString()).orElse("no move");
    return String.join(
        " && ",
        "move=$(%s)".formatted(show(name, MigrationRecord.ANNOTATION)),
        "case \"$move\" in ''|*'\"since\":\"%s\"'*) ;; *) false ;; esac".formatted(since),
        saveCopy(name, Copy.OF_SET, name + "-statefulset.json"),
        saveCopy(name, Copy.OF_CLAIM, name + "-claim.json"),
        forget(name));
  }

  /** As a command, mv is none that asks, which an alias may be. */
  private static String saveCopy(String volume, String annotation, String file) {
    return "%s > %2$s.new && if test -s %2$s.new; then command mv -f %2$s.new %2$s; else command rm -f %2$s.new; fi"
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
    return "kubectl create -f - <<'EOF'\n%s\nEOF".formatted(shown(manifest).toPrettyString());
  }

  private static ObjectNode shown(JsonNode manifest) {
    ObjectNode shown = manifest.deepCopy();
    ((ObjectNode) shown.path("metadata")).remove("managedFields");
    return shown;
  }
}
