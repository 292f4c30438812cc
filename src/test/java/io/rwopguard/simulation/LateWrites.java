package io.rwopguard.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Counts the writes that arrive after another replica took the lead. The API server refuses them,
 * or carries them out if their object is still as it was read.
 */
final class LateWrites {

  private final World world;
  private final SortedMap<String, Long> counts = new TreeMap<>();

  LateWrites(World world) {
    this.world = world;
  }

  /** Returns how many were refused, and how many of each kind were carried out. */
  SortedMap<String, Long> counts() {
    return counts;
  }

  JsonNode carryOut(String type, String key, String verb, Supplier<JsonNode> operation) {
    String kind = verb + " " + type;
    JsonNode before = world.api.get(type, key);
    if (type.equals(SimulatedApiServer.PODS) && before != null && answers(before)) {
      kind += " of a node that answers";
    }
    try {
      JsonNode after = operation.get();
      counts.merge(kind, 1L, Long::sum);
      world.trace(
          "%s of %s %s is carried out, although %s leads by now",
          verb, type, key, world.election.holder);
      return after;
    } catch (KubernetesClientException e) {
      counts.merge("refused", 1L, Long::sum);
      throw e;
    }
  }

  private boolean answers(JsonNode pod) {
    Machine machine = world.machine(pod.path("spec").path("nodeName").asText());
    return machine != null && machine.answers();
  }
}
