package io.rwopguard.failover.execution;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.EndedPods;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.SharedRead;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Finds the volumes of a node that a driver may have to detach under the taint {@code
 * node.kubernetes.io/out-of-service}. Some belong to no failover, since PodGC may have deleted
 * their Pods because of the taint. It therefore reads the cluster: records and memory only know
 * failovers.
 */
final class PendingDetaches {

  private static final long BELIEVED = Duration.ofSeconds(3).toNanos();

  private final FailoverStore objects;
  private final Predicate<String> revokesOnUnpublish;
  private final LongSupplier nanos;
  private final Map<String, Found> found = new ConcurrentHashMap<>();

  /** The reads, by node, which the failovers of its Pods share. */
  private final Map<String, SharedRead<Optional<String>>> reads = new ConcurrentHashMap<>();

  private record Found(String why, long at) {}

  PendingDetaches(FailoverStore objects, Predicate<String> revokesOnUnpublish, LongSupplier nanos) {
    this.objects = objects;
    this.revokesOnUnpublish = revokesOnUnpublish;
    this.nanos = nanos;
  }

  /**
   * Returns why a node without renewals has to keep the taint; empty if no volume is detached from
   * it now or later. A reason is kept for some seconds, since each failover asks often.
   */
  Optional<String> fromSilent(String node) {
    Found last = found.get(node);
    if (last != null && nanos.getAsLong() - last.at() < BELIEVED) {
      return Optional.of(last.why());
    }
    Optional<String> why = reads.computeIfAbsent(node, this::sharedRead).get();
    why.ifPresentOrElse(
        text -> found.put(node, new Found(text, nanos.getAsLong())), () -> found.remove(node));
    return why;
  }

  /**
   * Returns the volume that is detached from a node without renewals, or will be since its Pod is
   * gone. Returns empty if there is none. Unlike {@link #fromSilent}, this is evidence: a Pod that
   * terminates still holds its volume, and an unknown volume counts as not detached.
   *
   * @throws KubernetesClientException if it cannot be read
   */
  Optional<String> left(String node) {
    Map<String, ClaimKey> claims = claims(node);
    Set<ClaimKey> used = used(node, pod -> true);
    return pending(
        node, volume -> claims.containsKey(volume) && !used.contains(claims.get(volume)));
  }

  /** Reads attachments last: the volumes of Pods evicted meanwhile are detached after that. */
  private Optional<String> pending(String node, Predicate<String> isUnheld) {
    List<JsonNode> attachments = attachments(node);
    return inFlight(attachments)
        .or(
            () ->
                attachments.stream()
                    .filter(each -> isUnheld.test(volume(each)))
                    .findFirst()
                    .map(PendingDetaches::unheld));
  }

  private Map<String, ClaimKey> claims(String node) {
    Map<String, ClaimKey> claims = new HashMap<>();
    for (JsonNode attachment : attachments(node)) {
      claim(volume(attachment)).ifPresent(claim -> claims.put(volume(attachment), claim));
    }
    return claims;
  }

  private SharedRead<Optional<String>> sharedRead(String node) {
    return new SharedRead<>(() -> read(node));
  }

  private Optional<String> read(String node) {
    try {
      Map<String, ClaimKey> claims = claims(node);
      if (claims.isEmpty()) {
        return attachments(node).stream().findFirst().map(PendingDetaches::unheld);
      }
      Set<ClaimKey> used = used(node, PendingDetaches::stays);
      return pending(
          node, volume -> !claims.containsKey(volume) || !used.contains(claims.get(volume)));
    } catch (KubernetesClientException e) {
      return Optional.of("its VolumeAttachments could not be read: " + ConditionLog.textOf(e));
    }
  }

  private static String unheld(JsonNode attachment) {
    return "no Pod holds volume %s any more, so it will be detached".formatted(volume(attachment));
  }

  /** Returns why a node that is back keeps the taint briefly; empty if no detach is in flight. */
  Optional<String> inFlight(String node) {
    try {
      return inFlight(attachments(node));
    } catch (KubernetesClientException e) {
      return Optional.of("its VolumeAttachments could not be read: " + ConditionLog.textOf(e));
    }
  }

  private static Optional<String> inFlight(List<JsonNode> attachments) {
    return attachments.stream()
        .filter(each -> KubeObject.of(each).isBeingDeleted())
        .findFirst()
        .map(each -> "volume %s is being detached".formatted(volume(each)));
  }

  private List<JsonNode> attachments(String node) {
    return objects.attachmentsOn(node).stream()
        .filter(
            each -> !revokesOnUnpublish.test(KubeObject.of(each).spec().path("attacher").asText()))
        .toList();
  }

  private static String volume(JsonNode attachment) {
    return KubeObject.of(attachment)
        .spec()
        .path("source")
        .path("persistentVolumeName")
        .asText("(inline)");
  }

  private Optional<ClaimKey> claim(String volume) {
    return objects
        .object(new ObjectKey(Kind.PERSISTENT_VOLUME, "", volume))
        .map(json -> KubeObject.of(json).claimRef())
        .map(ref -> new ClaimKey(ref.path("namespace").asText(), ref.path("name").asText()));
  }

  /** Returns whether a Pod's object stays: that of a Pod which ends may be removed at any time. */
  private static boolean stays(JsonNode pod) {
    return !KubeObject.of(pod).isBeingDeleted() && !EndedPods.isOver(pod);
  }

  /** Returns the claims of the Pods that have not ended and that hold their claims. */
  private Set<ClaimKey> used(String node, Predicate<JsonNode> holds) {
    Set<ClaimKey> used = new HashSet<>();
    for (JsonNode pod : objects.podsOn(node)) {
      if (!EndedPods.isOver(pod) && holds.test(pod)) {
        String namespace = KubeObject.of(pod).namespace();
        // a claim with an ephemeral volume's name may belong to another owner; it then holds
        // nothing
        for (JsonNode volume : KubeObject.of(pod).spec().path("volumes")) {
          String claim = volume.path("persistentVolumeClaim").path("claimName").asText("");
          used.add(new ClaimKey(namespace, claim));
        }
      }
    }
    return used;
  }
}
