package io.rwopguard.migration.kubectl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.cluster.MigrationWrites;
import io.rwopguard.migration.record.ManifestCopy;
import io.rwopguard.migration.record.MigrationRecord;
import io.rwopguard.migration.record.MigrationRun;
import io.rwopguard.migration.record.ObjectVersion;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Writes kubectl commands that are printed now and used later, perhaps by another person and after
 * other changes. So each command fails if the cluster is not in the state that it was written for.
 * They work in any POSIX shell, including zsh, which accepts no comments in interactive use.
 */
public final class KubectlLines {

  private static final JsonMapper JSON = new JsonMapper();

  private KubectlLines() {}

  /**
   * Joins tests and the command they protect into one line, which is also complete if pasted alone.
   */
  static String chain(List<String> commands) {
    return String.join(" && ", commands);
  }

  /**
   * Wraps a command so that a failure prints where the lines stopped, and is a failure of the
   * whole. Even with set -e, a shell continues after a failure before the last command of a chain.
   *
   * @param advice what to do after that
   */
  static String guarded(String command, String step, String advice) {
    // a here-document begins on the next line
    int end = command.indexOf('\n');
    String first = end < 0 ? command : command.substring(0, end);
    return first
        + orSay(
            "stopped at: %s. The cluster has changed since these lines were printed, or kubectl failed. %s"
                .formatted(step, advice))
        + command.substring(first.length());
  }

  /** Returns a suffix that prints a text if the command before it fails, and fails as well. */
  static String orSay(String text) {
    return " || { echo %s >&2; false; }".formatted(quoted(text));
  }

  /** Returns a comment that an interactive zsh accepts as well. */
  static String comment(String text) {
    return ": " + quoted(text);
  }

  static String name(ObjectKey key) {
    return "%s/%s".formatted(key.kind().kindName().toLowerCase(Locale.ROOT), key.name());
  }

  /** Quotes text so that a shell passes it on unchanged. */
  static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  /** Saves an object in a file, which keeps its earlier content if that fails. */
  static String save(String namespace, String kind, String name) {
    String file = "%s-%s-%s.before.yaml".formatted(namespace, kind, name);
    return "kubectl -n %1$s get %2$s %3$s -o yaml > %4$s.new && command mv -f %4$s.new %4$s"
        .formatted(namespace, kind, name, file);
  }

  /** Fails if kubectl cannot send {@link #delete}: old ones omit the path in the server's URL. */
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

  /** Records that a StatefulSet exists again: if it is missing later, its owner deleted it. */
  static String note(String volume, ObjectKey set) {
    return "uid=$(kubectl -n %s get %s -o jsonpath='{.metadata.uid}') && kubectl annotate pv %s %s=\"$uid\" --overwrite"
        .formatted(set.namespace(), name(set), volume, ManifestCopy.OF_SET_MADE);
  }

  /** Changes the version of a claim, so that a request that names this version has no effect. */
  static String label(ClaimKey claim, ObjectVersion version) {
    return "kubectl -n %s label pvc %s %s=by-hand --overwrite --resource-version=%s"
        .formatted(claim.namespace(), claim.name(), MigrationRun.LABEL, version.resourceVersion());
  }

  /** Prints the value of a volume's annotation. */
  static String show(String volume, String annotation) {
    return "kubectl get pv %s -o jsonpath='{.metadata.annotations.%s}'"
        .formatted(volume, annotation.replace(".", "\\."));
  }

  static String scale(ObjectKey key, int replicas) {
    return "kubectl -n %s scale %s --replicas=%d".formatted(key.namespace(), name(key), replicas);
  }

  /** Scales a workload up unless another client scaled it meanwhile. */
  static String scaleFromZero(ObjectKey key, int replicas) {
    return scale(key, replicas) + " --current-replicas=0";
  }

  static String policy(String volume, String policy) {
    return "kubectl patch pv %s -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"%s\"}}'"
        .formatted(volume, policy);
  }

  /** Stores the version of a volume on which a release is based. */
  static String version(String volume) {
    return "version=$(kubectl get pv %s -o jsonpath='{.metadata.resourceVersion}')"
        .formatted(volume);
  }

  /** Stores the version of an object on which a deletion is based. */
  static String version(String namespace, String object) {
    return "version=$(kubectl -n %s get %s -o jsonpath='{.metadata.resourceVersion}')"
        .formatted(namespace, object);
  }

  /**
   * Deletes an object unless it was replaced, or has changed since {@link #version}. {@code kubectl
   * delete} has no such preconditions except in the body that {@code --raw} sends (DeleteOptions of
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
   * Writes access modes and claimRef at once, so that no other claim can bind in between. The API
   * server refuses the write if the volume has changed since {@link #version}. Otherwise a claim
   * that was bound meanwhile would be lost.
   *
   * @param uid the UID of the claim; empty if Kubernetes fills it in
   */
  static String release(String volume, ClaimKey claim, String uid, List<String> modes) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata").put("resourceVersion", "VERSION");
    if (uid.isEmpty()) {
      // with this annotation, the volume controller may remove the whole claimRef, not only the UID
      metadata.putObject("annotations").putNull(MigrationWrites.BOUND_BY_CONTROLLER);
    }
    ObjectNode spec = patch.putObject("spec");
    ArrayNode written = spec.putArray("accessModes");
    modes.forEach(written::add);
    // the whole claimRef, in case it was removed: an empty one would keep every claim from binding
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
   * Returns the command that removes the record of a migration from a volume, unless it records
   * another one by then. It first saves manifests that may exist nowhere else. It may be repeated,
   * and never overwrites a file with nothing.
   */
  public static String abandon(JsonNode volume) {
    String name = MigrationContext.nameOf(volume);
    String since =
        MigrationRecord.of(volume).map(record -> record.since().toString()).orElse("no move");
    return String.join(
        " && ",
        "move=$(%s)".formatted(show(name, MigrationRecord.ANNOTATION)),
        "case \"$move\" in ''|*'\"since\":\"%s\"'*) ;; *) false ;; esac".formatted(since),
        saveCopy(name, ManifestCopy.OF_SET, name + "-statefulset.json"),
        saveCopy(name, ManifestCopy.OF_CLAIM, name + "-claim.json"),
        forget(name));
  }

  /** Saves a copy in a file. With {@code command}, the shell ignores an alias of mv that asks. */
  private static String saveCopy(String volume, String annotation, String file) {
    return "%s > %2$s.new && if test -s %2$s.new; then command mv -f %2$s.new %2$s; else command rm -f %2$s.new; fi"
        .formatted(show(volume, annotation), file);
  }

  /** Removes the record, which a later run would take for an interrupted migration. */
  static String forget(String volume) {
    List<String> annotations = new ArrayList<>(ManifestCopy.annotations());
    annotations.add(0, MigrationRun.ANNOTATION);
    annotations.add(0, MigrationRecord.ANNOTATION);
    return "kubectl annotate pv %s %s"
        .formatted(
            volume, annotations.stream().map(each -> each + "-").collect(Collectors.joining(" ")));
  }

  /** Creates an object in one line, for messages whose lines may be indented. */
  static String createInOneLine(JsonNode manifest) {
    return "printf %%s %s | kubectl create -f -".formatted(quoted(shown(manifest).toString()));
  }

  static String create(JsonNode manifest) {
    return "kubectl create -f - <<'EOF'\n%s\nEOF".formatted(shown(manifest).toPrettyString());
  }

  private static ObjectNode shown(JsonNode manifest) {
    ObjectNode shown = manifest.deepCopy();
    ((ObjectNode) KubeObject.of(shown).metadata()).remove("managedFields");
    return shown;
  }
}
