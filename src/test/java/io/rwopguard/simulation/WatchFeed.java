package io.rwopguard.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * A replica's watches: each type's changes arrive in their order and late. They are delivered when
 * the replica looks, with the time at which they arrived.
 */
final class WatchFeed {

  private record Change(long at, String type, String key, JsonNode after) {}

  private final World world;
  private final Replica replica;
  private final Map<String, Deque<Change>> streams = new HashMap<>();
  private final Map<String, Long> hangsUntil = new HashMap<>();
  private final Map<String, Long> last = new HashMap<>();

  WatchFeed(World world, Replica replica) {
    this.world = world;
    this.replica = replica;
    for (String type : World.WATCHED) {
      for (JsonNode object : world.api.list(type)) {
        replica.controller.changed(type, Json.key(object), object, replica.nanos());
      }
    }
  }

  /** Hangs a watch: all that happens meanwhile arrives when it is over. */
  void hang(String type, long until) {
    hangsUntil.merge(type, until, Math::max);
  }

  /** Returns whether the watches of nodes and of Leases do not hang. */
  boolean isCurrent() {
    long now = world.time.now();
    return hangsUntil.getOrDefault(SimulatedApiServer.NODES, 0L) <= now
        && hangsUntil.getOrDefault(SimulatedApiServer.LEASES, 0L) <= now;
  }

  void changed(String type, String key, JsonNode after) {
    long at = Math.max(world.time.now() + world.watchLag(), last.getOrDefault(type, 0L));
    at = Math.max(at, hangsUntil.getOrDefault(type, 0L));
    last.put(type, at);
    streams.computeIfAbsent(type, name -> new ArrayDeque<>()).add(new Change(at, type, key, after));
  }

  /** Delivers what has arrived. */
  void deliver() {
    long now = world.time.now();
    for (var stream : streams.entrySet()) {
      Deque<Change> changes = stream.getValue();
      if (changes.isEmpty()) {
        continue;
      }
      boolean cut = replica.apiCuts > 0 || hangsUntil.getOrDefault(stream.getKey(), 0L) > now;
      while (!cut && !changes.isEmpty() && changes.peek().at() <= now) {
        Change change = changes.poll();
        long late = Math.min(now - change.at(), now - replica.connectedSince);
        replica.controller.changed(
            change.type(), change.key(), change.after(), replica.nanos() - Math.max(0, late));
      }
    }
  }
}
