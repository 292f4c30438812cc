package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.model.KubeObject;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Numbers the requests to fences, so that a receiver can tell a late request of a deposed leader
 * from one of the present leader.
 *
 * <p>After each win of the election, a replica reserves a block of numbers in a ConfigMap before it
 * uses the first. The write names the version that was read, so that a later term always has
 * greater numbers. The number of wins is this replica's own count: the text of a Lease that a
 * person restored may be that of an earlier term. A block starts no lower than the time of day in
 * milliseconds. So numbers still grow after the ConfigMap was deleted, or restored from a backup.
 */
final class FenceSequence implements LongSupplier {

  /** The value of the record label. The {@link FenceLedger} uses another one. */
  private static final String LABEL = "fence-sequence";

  static final String NAME = "rwop-guard-sequence-of-fences";

  /** The numbers that one write reserves. They last for far longer than a second. */
  static final int BLOCK = 1000;

  private static final String SCHEMA = "1";

  private final LedgerStore store;
  private final String namespace;
  private final LongSupplier wins;
  private final InstantSource clock;

  private long reservedAfter = -1;
  private long next;
  private long end;

  /**
   * Creates the sequence.
   *
   * @param namespace the controller's own namespace
   * @param wins the number of times that this replica won the election
   */
  FenceSequence(LedgerStore store, String namespace, LongSupplier wins, InstantSource clock) {
    this.store = store;
    this.namespace = namespace;
    this.wins = wins;
    this.clock = clock;
  }

  /**
   * Returns a number that is greater than all numbers that any replica returned before.
   *
   * @throws IllegalStateException if no number could be reserved
   */
  @Override
  public synchronized long getAsLong() {
    long now = wins.getAsLong();
    if (next >= end || now != reservedAfter) {
      reserve();
      reservedAfter = now;
    }
    next++;
    return next - 1;
  }

  private void reserve() {
    Optional<JsonNode> stored = store.get(NAME);
    long start = Math.max(stored.map(this::read).orElse(0L), clock.millis());
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("apiVersion", "v1").put("kind", "ConfigMap");
    ObjectNode metadata = json.putObject("metadata").put("name", NAME).put("namespace", namespace);
    OwnLabels.putRecord(metadata, LABEL);
    json.putObject("data").put("schema", SCHEMA).put("next", Long.toString(start + BLOCK));
    stored
        .map(read -> KubeObject.of(read).metadata())
        .ifPresent(
            read ->
                metadata
                    .put("uid", read.path("uid").asText())
                    .put("resourceVersion", read.path("resourceVersion").asText()));
    if (!(stored.isEmpty() ? store.create(json) : store.replace(json))) {
      throw new IllegalStateException(
          "ConfigMap %s/%s was written by another replica at the same time, so the request is not sent yet. The ConfigMap is read again, and the request is tried again"
              .formatted(namespace, NAME));
    }
    next = start;
    end = start + BLOCK;
  }

  private long read(JsonNode configMap) {
    if (!OwnLabels.has(configMap, LABEL)) {
      throw new IllegalStateException(
          "ConfigMap %s/%s does not have the label of the fence sequence of rwop-guard, so no fence is asked. Find out which client wrote it, then delete it: a new one has greater numbers"
              .formatted(namespace, NAME));
    }
    JsonNode data = configMap.path("data");
    if (!data.path("schema").asText().equals(SCHEMA)
        || !data.path("next").asText().matches("[0-9]{1,18}")) {
      throw new IllegalStateException(
          "ConfigMap %s/%s has no number that this version of rwop-guard can read, so no fence is asked. Run the version that wrote it, or delete it"
              .formatted(namespace, NAME));
    }
    return Long.parseLong(data.path("next").asText());
  }
}
