package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Finds the volumes of a node that a driver may have to detach under the taint {@code
 * node.kubernetes.io/out-of-service}, whoever's they are: by what the cluster says, since records
 * and memory know the failovers alone. PodGC may have deleted other Pods because of the taint.
 */
final class PendingDetaches {

  private final FailoverObjects objects;
  private final Predicate<String> revokesOnUnpublish;

  PendingDetaches(FailoverObjects objects, Predicate<String> revokesOnUnpublish) {
    this.objects = objects;
    this.revokesOnUnpublish = revokesOnUnpublish;
  }

  /**
   * Why a silent node has to keep the taint; empty if no volume is detached from it, or will be.
   */
  Optional<String> fromSilent(String node) {
    try {
      List<JsonNode> attachments = attachments(node);
      Optional<String> inFlight = inFlight(attachments);
      if (inFlight.isPresent() || attachments.isEmpty()) {
        return inFlight;
      }
      Set<ClaimKey> used = used(node);
      return attachments.stream()
          .map(PendingDetaches::volume)
          .filter(volume -> claim(volume).filter(used::contains).isEmpty())
          .findFirst()
          .map("no Pod holds volume %s any more, so that it will be detached"::formatted);
    } catch (KubernetesClientException e) {
      return Optional.of("what is attached to it could not be read: " + e.getMessage());
    }
  }

  /** Why a node that is back keeps the taint for a moment; empty if no detach is in flight. */
  Optional<String> inFlight(String node) {
    try {
      return inFlight(attachments(node));
    } catch (KubernetesClientException e) {
      return Optional.of("what is attached to it could not be read: " + e.getMessage());
    }
  }

  private static Optional<String> inFlight(List<JsonNode> attachments) {
    return attachments.stream()
        .filter(each -> each.path("metadata").hasNonNull("deletionTimestamp"))
        .findFirst()
        .map(each -> "volume %s is being detached".formatted(volume(each)));
  }

  private List<JsonNode> attachments(String node) {
    return objects.attachmentsOn(node).stream()
        .filter(each -> !revokesOnUnpublish.test(each.path("spec").path("attacher").asText()))
        .toList();
  }

  private static String volume(JsonNode attachment) {
    return attachment.path("spec").path("source").path("persistentVolumeName").asText("(inline)");
  }

  private Optional<ClaimKey> claim(String volume) {
    return objects
        .object(new ObjectKey(Kind.PERSISTENT_VOLUME, "", volume))
        .map(json -> json.path("spec").path("claimRef"))
        .map(ref -> new ClaimKey(ref.path("namespace").asText(), ref.path("name").asText()));
  }

  /** The claims of Pods whose objects stay: those that end may be removed at any time. */
  private Set<ClaimKey> used(String node) {
    Set<ClaimKey> used = new HashSet<>();
    for (JsonNode pod : objects.podsOn(node)) {
      JsonNode metadata = pod.path("metadata");
      boolean ends =
          metadata.hasNonNull("deletionTimestamp")
              || NodeCoverage.OVER.contains(pod.path("status").path("phase").asText());
      if (!ends) {
        String namespace = metadata.path("namespace").asText();
        for (JsonNode volume : pod.path("spec").path("volumes")) {
          used.add(
              new ClaimKey(
                  namespace, NodeCoverage.claimOf(volume, metadata.path("name").asText())));
        }
      }
    }
    return used;
  }
}
