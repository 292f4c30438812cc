package io.rwopguard.migration.kubectl;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;

/**
 * Writes shell commands that fail if something is not as a later command needs it, or if that is
 * unknown. An assignment has the exit code of its command, which a test of its output would hide.
 * Nothing is piped into a command that may end before it has read everything.
 */
final class KubectlTests {

  private static final String RUNNING_PODS =
      "pods=$(kubectl -n %s get pods --field-selector='status.phase!=Succeeded,status.phase!=Failed' -o jsonpath='{.items[*].spec.volumes[*].persistentVolumeClaim.claimName}')";
  private static final String ATTACHED =
      "attached=$(kubectl get volumeattachments -o jsonpath='{.items[*].spec.source.persistentVolumeName}')";

  private KubectlTests() {}

  /**
   * Fails unless claim and volume are bound to each other and the claim is not being deleted. A
   * phase alone proves less: a claim that is being deleted is Bound, and so is an empty one.
   */
  static String bound(ClaimKey claim, String volume) {
    return "test \"$(%s)\" = \"$(kubectl get pv %s -o jsonpath='{.spec.claimRef.uid}') %s Bound\""
        .formatted(
            get(
                claim,
                "{.metadata.uid} {.spec.volumeName} {.status.phase}{.metadata.deletionTimestamp}"),
            volume,
            volume);
  }

  /** Fails unless the claim is still the same one, on the same volume and of the same size. */
  static String same(ClaimKey claim, JsonNode seen) {
    KubeObject object = KubeObject.of(seen);
    return "test \"$(%s)\" = %s"
        .formatted(
            get(
                claim,
                "{.metadata.uid} {.spec.volumeName} {.spec.resources.requests.storage} {.status.capacity.storage}"),
            KubectlLines.quoted(
                String.join(
                    " ",
                    object.uid(),
                    object.volumeName(),
                    object.spec().path("resources").path("requests").path("storage").asText(),
                    object.status().path("capacity").path("storage").asText())));
  }

  /** Fails if the claim exists. */
  static String absent(ClaimKey claim) {
    return absent("claim", claim.namespace(), "pvc " + claim.name());
  }

  /** Fails if the workload exists. */
  static String absent(ObjectKey workload) {
    return absent("workload", workload.namespace(), KubectlLines.name(workload));
  }

  private static String absent(String variable, String namespace, String object) {
    return "%1$s=$(kubectl -n %2$s get %3$s --ignore-not-found -o name) && test -z \"$%1$s\""
        .formatted(variable, namespace, object);
  }

  /**
   * Fails unless the workload is the same one with the same desired state.
   *
   * @param changes how often the lines before have changed it
   */
  static String same(ObjectKey workload, JsonNode seen, int changes) {
    KubeObject object = KubeObject.of(seen);
    return isEqual(
        workload,
        "{.metadata.uid} {.metadata.generation}",
        "%s %d".formatted(object.uid(), object.generation() + changes));
  }

  /** Fails unless the workload is the same one and has 0 desired replicas. */
  static String sameAndIdle(ObjectKey workload, JsonNode seen) {
    return isEqual(workload, "{.metadata.uid} {.spec.replicas}", KubeObject.of(seen).uid() + " 0");
  }

  /** Fails unless the workload has 0 desired replicas. */
  static String idle(ObjectKey workload) {
    return isEqual(workload, "{.spec.replicas}", "0");
  }

  private static String isEqual(ObjectKey workload, String jsonPath, String expected) {
    return "test \"$(%s)\" = %s"
        .formatted(
            get(workload.namespace(), KubectlLines.name(workload), jsonPath),
            KubectlLines.quoted(expected));
  }

  /** Fails unless a volume is reserved for the claim that it was reserved for, or for none. */
  static String reservedAsIn(JsonNode volume) {
    JsonNode claim = KubeObject.of(volume).claimRef();
    return "test \"$(kubectl get pv %s -o jsonpath='{.spec.claimRef.namespace}/{.spec.claimRef.name}')\" = %s"
        .formatted(
            KubeObject.of(volume).name(),
            KubectlLines.quoted(
                claim.path("namespace").asText() + "/" + claim.path("name").asText()));
  }

  /** Fails unless the reclaim policy of a volume is Retain. */
  static String retained(String volume) {
    return "test \"$(kubectl get pv %s -o jsonpath='{.spec.persistentVolumeReclaimPolicy}')\" = Retain"
        .formatted(volume);
  }

  /** Fails while a Pod that may run uses the claim. */
  static String unused(ClaimKey claim) {
    return RUNNING_PODS.formatted(claim.namespace()) + " && " + lacks("pods", claim.name());
  }

  /** Fails while the volume is attached to a node. */
  static String detached(String volume) {
    return ATTACHED + " && " + lacks("attached", volume);
  }

  /**
   * Waits until no Pod uses the claim and its volume is detached. The loop also ends if kubectl
   * fails, so the next command has to test again.
   */
  static String awaitUnused(ClaimKey claim, String volume) {
    return "while { %s && %s; } || { %s && %s; }; do echo 'waiting until no Pod uses %s and its volume is detached' >&2; sleep 2; done"
        .formatted(
            RUNNING_PODS.formatted(claim.namespace()),
            has("pods", claim.name()),
            ATTACHED,
            has("attached", volume),
            claim);
  }

  private static String has(String variable, String word) {
    return "case \" $%s \" in *' %s '*) ;; *) false ;; esac".formatted(variable, word);
  }

  private static String lacks(String variable, String word) {
    return "case \" $%s \" in *' %s '*) false ;; esac".formatted(variable, word);
  }

  private static String get(ClaimKey claim, String jsonPath) {
    return get(claim.namespace(), "pvc " + claim.name(), jsonPath);
  }

  private static String get(String namespace, String object, String jsonPath) {
    return "kubectl -n %s get %s -o jsonpath='%s'".formatted(namespace, object, jsonPath);
  }
}
