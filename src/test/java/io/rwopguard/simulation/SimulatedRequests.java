package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.SECOND;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.cluster.ClusterApi;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Sends a replica's requests over a network that loses and delays them. */
final class SimulatedRequests implements ClusterApi {

  private static final long TIMEOUT = 2 * SECOND;

  /** An accident that waits for the n-th request, or the n-th write, from now on. */
  private static final class Armed {
    private final Accident accident;
    private final boolean writes;
    private final long delay;
    private int countdown;

    Armed(Accident accident, boolean writes, int countdown, long delay) {
      this.accident = accident;
      this.writes = writes;
      this.countdown = countdown;
      this.delay = delay;
    }
  }

  private final World world;
  private final Replica replica;
  private final List<Armed> armed = new ArrayList<>();

  SimulatedRequests(World world, Replica replica) {
    this.world = world;
    this.replica = replica;
  }

  void arm(Accident accident, boolean writes, int countdown, long delay) {
    armed.add(new Armed(accident, writes, countdown, delay));
  }

  private Armed next(boolean write) {
    for (Armed each : armed) {
      if ((write || !each.writes) && --each.countdown <= 0) {
        armed.remove(each);
        return each;
      }
    }
    return null;
  }

  private <T> T send(boolean write, String what, Supplier<T> operation) {
    ensureAlive();
    Armed accident = armed.isEmpty() ? null : next(write);
    Accident kind = accident == null ? null : accident.accident;
    if (kind != null) {
      world.trace("%s: %s of %s", replica.name, kind, what);
    }
    if (kind == Accident.CRASH_BEFORE) {
      crash();
    }
    pause(0);
    if (kind == Accident.LOSE_REQUEST || replica.apiCuts > 0) {
      pause(TIMEOUT);
      throw timeout(what);
    }
    if (kind == Accident.DELAY) {
      world.time.after(accident.delay, () -> late(what, operation));
      pause(TIMEOUT);
      throw timeout(what);
    }
    long latency = world.latency();
    if (latency >= TIMEOUT) {
      world.time.after(latency, () -> late(what, operation));
      pause(TIMEOUT);
      throw timeout(what);
    }
    // what has been sent arrives, whatever happens to its sender meanwhile
    world.time.runUntil(world.time.now() + latency / 2);
    T result = null;
    KubernetesClientException refusal = null;
    if (!world.time.isOver()) {
      try {
        result = operation.get();
        if (write) {
          world.trace("%s: %s", replica.name, what);
        }
      } catch (KubernetesClientException e) {
        refusal = e;
        if (write) {
          world.trace("%s: %s is refused: %d", replica.name, what, e.getCode());
        }
      }
    }
    if (kind == Accident.CRASH_AFTER) {
      crash();
    }
    if (kind == Accident.LOSE_ANSWER) {
      pause(TIMEOUT);
      throw timeout(what);
    }
    pause(latency / 2);
    if (refusal != null) {
      throw refusal;
    }
    return result;
  }

  private <T> void late(String what, Supplier<T> operation) {
    try {
      var unused = operation.get();
      world.trace("%s: %s arrives late", replica.name, what);
    } catch (KubernetesClientException e) {
      world.trace("%s: %s arrives late and is refused: %d", replica.name, what, e.getCode());
    }
  }

  private void crash() {
    replica.crash();
    throw new Replica.Crashed();
  }

  private void ensureAlive() {
    if (replica.dead || world.time.isOver()) {
      throw new Replica.Crashed();
    }
  }

  /** Lets time pass for the process that waits, which may be suspended or crash meanwhile. */
  private void pause(long nanos) {
    if (nanos > 0) {
      world.time.runUntil(world.time.now() + nanos);
    }
    while (!world.time.isOver() && !replica.dead && replica.isSuspended()) {
      world.time.runUntil(replica.suspendedUntil);
    }
    ensureAlive();
    replica.feed.deliver();
  }

  private static KubernetesClientException timeout(String what) {
    return new KubernetesClientException(what + " timed out");
  }

  private static String key(String namespace, String name) {
    return namespace + "/" + name;
  }

  @Override
  public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
    return send(
        false,
        "GET",
        () -> Optional.ofNullable(world.api.get(type.getPlural(), key(namespace, name))));
  }

  @Override
  public List<JsonNode> list(
      ResourceDefinitionContext type, String namespace, String labels, String fields) {
    return send(
        false,
        "LIST",
        () -> {
          List<JsonNode> found = new ArrayList<>();
          for (JsonNode object : world.api.list(type.getPlural())) {
            boolean matches =
                (namespace.isEmpty() || Json.namespace(object).equals(namespace))
                    && Selectors.labels(object, labels)
                    && Selectors.fields(object, fields);
            if (matches) {
              found.add(object);
            }
          }
          return found;
        });
  }

  @Override
  public JsonNode create(ResourceDefinitionContext type, String namespace, JsonNode object) {
    String plural = type.getPlural();
    return write(
        plural, Json.key(object), "create", object, () -> world.api.create(plural, object));
  }

  @Override
  public JsonNode patch(
      ResourceDefinitionContext type,
      String namespace,
      String name,
      String subresource,
      PatchKind kind,
      JsonNode patch) {
    String plural = type.getPlural();
    String key = key(namespace, name);
    return write(
        plural,
        key,
        "patch",
        patch,
        () -> world.api.patch(plural, key, subresource, kind == PatchKind.JSON, patch));
  }

  @Override
  public JsonNode replace(ResourceDefinitionContext type, String namespace, JsonNode object) {
    String plural = type.getPlural();
    return write(
        plural, Json.key(object), "replace", object, () -> world.api.replace(plural, object));
  }

  @Override
  public void delete(
      ResourceDefinitionContext type, String namespace, String name, JsonNode options) {
    String plural = type.getPlural();
    String key = key(namespace, name);
    write(
        plural,
        key,
        "delete",
        options,
        () -> {
          if (world.deniesDeletions != 0 && plural.equals("pods")) {
            throw new KubernetesClientException("denied", world.deniesDeletions, null);
          }
          world.api.delete(plural, key, options);
          return options;
        });
  }

  private JsonNode write(
      String type, String key, String verb, JsonNode body, Supplier<JsonNode> operation) {
    if (!replica.dead) {
      world.checker.sent(replica, type, key, verb);
    }
    return send(
        true,
        world.isTraced() ? verb + " " + type + " " + key + " " + body : verb,
        () -> world.written(replica, type, key, verb, body, operation));
  }
}
