package io.rwopguard.failover.plan;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Controller;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A Pod on a ReadWriteOncePod claim, as it was just read from the API server.
 *
 * @param uid the Pod's UID; empty if the Pod is already gone
 * @param node the node that it runs on, or ran on
 * @param controller its controller
 * @param recreated whether that controller recreates it: it exists, is not being deleted, and wants
 *     the Pod; empty for a kind that rwop-guard does not read
 * @param optedIn whether its namespace is labeled for failover
 * @param choice the value of the failover annotation of the Pod or its workload: {@code enabled},
 *     {@code disabled} or nothing
 * @param spec its spec, as a scheduler reads it
 * @param volumes its volumes from claims; empty if one of them could not be looked up
 * @param sharedVolumes other network storage that it writes to, for a message; it outlives the node
 * @param sharedAccepted whether the Pod or its workload accepts that an old instance still writes
 *     there
 * @param otherConsumers Pods on the same node that use one of its claims, for a message
 */
public record PodFacts(
    String namespace,
    String name,
    String uid,
    String node,
    Optional<Controller> controller,
    Optional<Boolean> recreated,
    boolean optedIn,
    String choice,
    JsonNode spec,
    Optional<List<VolumeFacts>> volumes,
    List<String> sharedVolumes,
    boolean sharedAccepted,
    List<String> otherConsumers) {

  public PodFacts {
    volumes = volumes.map(List::copyOf);
    sharedVolumes = List.copyOf(sharedVolumes);
    otherConsumers = List.copyOf(otherConsumers);
  }

  /** Returns the claims whose volumes only one node may write to. */
  public Set<ClaimKey> claims() {
    return volumes.stream()
        .flatMap(List::stream)
        .filter(volume -> !volume.manyWriters())
        .map(volume -> new ClaimKey(namespace, volume.claim()))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Returns the claim that represents all of them in events: the first by name. */
  public Optional<ClaimKey> claim() {
    return claims().stream().min(Comparator.comparing(ClaimKey::name));
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
