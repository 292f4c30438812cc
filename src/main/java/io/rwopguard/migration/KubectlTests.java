package io.rwopguard.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.ObjectKey;

/**
 * Writes shell commands that fail where something is not as a later command needs it, or where that
 * cannot be told. An assignment has the exit code of its command, which a test of its output would
 * hide, and nothing is piped into what may end before it has read all.
 */
final class KubectlTests {

  private static final String RUNNING_PODS =
      "pods=$(kubectl -n %s get pods --field-selector='status.phase!=Succeeded,status.phase!=Failed' -o jsonpath='{.items[*].spec.volumes[*].persistentVolumeClaim.claimName}')";
  private static final String ATTACHED =
      "attached=$(kubectl get volumeattachments -o jsonpath='{.items[*].spec.source.persistentVolumeName}')";

  private KubectlTests() {}

  /**
   * Fails unless claim and volume are bound to each other and the claim is not being deleted. A
   * phase alone says less: a claim that is being deleted is Bound, and so is an empty one.
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
    return "test \"$(%s)\" = %s"
        .formatted(
            get(
                claim,
                "{.metadata.uid} {.spec.volumeName} {.spec.resources.requests.storage} {.status.capacity.storage}"),
            KubectlLines.quoted(
                String.join(
                    " ",
                    seen.path("metadata").path("uid").asText(),
                    seen.path("spec").path("volumeName").asText(),
                    seen.at("/spec/resources/requests/storage").asText(),
                    seen.at("/status/capacity/storage").asText())));
  }

  /** Fails if there is a claim. */
  static String absent(ClaimKey claim) {
    return "claim=$(kubectl -n %s get pvc %s --ignore-not-found -o name) && test -z \"$claim\""
        .formatted(claim.namespace(), claim.name());
  }

  /** Fails if there is such a workload. */
  static String absent(ObjectKey workload) {
    return "workload=$(kubectl -n %s get %s --ignore-not-found -o name) && test -z \"$workload\""
        .formatted(workload.namespace(), KubectlLines.name(workload));
  }

  /**
   * Fails unless the workload is the same one with the same desired state.
   *
   * @param changes how often the lines before have changed it
   */
  static String same(ObjectKey workload, JsonNode seen, int changes) {
    JsonNode metadata = seen.path("metadata");
    return "test \"$(kubectl -n %s get %s -o jsonpath='{.metadata.uid} {.metadata.generation}')\" = %s"
        .formatted(
            workload.namespace(),
            KubectlLines.name(workload),
            KubectlLines.quoted(
                "%s %d"
                    .formatted(
                        metadata.path("uid").asText(),
                        metadata.path("generation").asLong() + changes)));
  }

  /** Fails unless the workload is the same one and is to have no Pods. */
  static String sameAndIdle(ObjectKey workload, JsonNode seen) {
    return "test \"$(kubectl -n %s get %s -o jsonpath='{.metadata.uid} {.spec.replicas}')\" = %s"
        .formatted(
            workload.namespace(),
            KubectlLines.name(workload),
            KubectlLines.quoted(seen.path("metadata").path("uid").asText() + " 0"));
  }

  /** Fails unless the workload is to have no Pods. */
  static String idle(ObjectKey workload) {
    return "test \"$(kubectl -n %s get %s -o jsonpath='{.spec.replicas}')\" = 0"
        .formatted(workload.namespace(), KubectlLines.name(workload));
  }

  /** Fails unless a volume outlasts its claim. */
  static String retained(String volume) {
    return "test \"$(kubectl get pv %s -o jsonpath='{.spec.persistentVolumeReclaimPolicy}')\" = Retain"
        .formatted(volume);
  }

  /** Fails while a Pod that may run uses the claim. */
  static String unused(ClaimKey claim) {
    return "%s && case \" $pods \" in *' %s '*) false ;; esac"
        .formatted(RUNNING_PODS.formatted(claim.namespace()), claim.name());
  }

  /** Fails while the volume is attached to a node. */
  static String detached(String volume) {
    return "%s && case \" $attached \" in *' %s '*) false ;; esac".formatted(ATTACHED, volume);
  }

  /**
   * Waits until no Pod uses the claim and its volume is detached. It ends, too, where kubectl
   * fails, so what follows has to test it once more.
   */
  static String awaitUnused(ClaimKey claim, String volume) {
    return "while { %s && case \" $pods \" in *' %s '*) ;; *) false ;; esac; } || { %s && case \" $attached \" in *' %s '*) ;; *) false ;; esac; }; do echo 'waiting until no Pod uses %s, and it is detached' >&2; sleep 2; done"
        .formatted(
            RUNNING_PODS.formatted(claim.namespace()), claim.name(), ATTACHED, volume, claim);
  }

  private static String get(ClaimKey claim, String jsonPath) {
    return "kubectl -n %s get pvc %s -o jsonpath='%s'"
        .formatted(claim.namespace(), claim.name(), jsonPath);
  }
}
