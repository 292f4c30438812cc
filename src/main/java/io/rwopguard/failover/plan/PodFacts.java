package io.rwopguard.failover.plan;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Controller;
import java.util.List;
import java.util.Optional;

/**
 * A Pod on a ReadWriteOncePod claim, as it was read just now.
 *
 * @param controller what made it
 * @param recreated whether that would make it anew: it is there, is not being deleted, and wants at
 *     least one Pod
 * @param optedIn whether its namespace is labelled for failover
 * @param choice what it or its workload says of failover: {@code enabled}, {@code disabled} or
 *     nothing
 * @param spec its spec, for a scheduler to read
 * @param volumes all that are claims; empty if one of them could not be looked up
 */
public record PodFacts(
    String namespace,
    String name,
    String uid,
    String node,
    Optional<Controller> controller,
    boolean recreated,
    boolean optedIn,
    String choice,
    JsonNode spec,
    Optional<List<VolumeFacts>> volumes) {

  /** The claim whose Lease tells of this Pod: the first by name of those it may lose. */
  public Optional<ClaimKey> claim() {
    return volumes.stream()
        .flatMap(List::stream)
        .filter(volume -> !volume.manyWriters())
        .map(VolumeFacts::claim)
        .sorted()
        .findFirst()
        .map(claim -> new ClaimKey(namespace, claim));
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
