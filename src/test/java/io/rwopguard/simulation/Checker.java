package io.rwopguard.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Watches the invariants; the first violation ends the schedule. */
final class Checker {

  /** Invariants that must never be violated. */
  enum Invariant {
    TWO_WRITERS,
    TOUCHED_WITHOUT_CONSENT,
    WRITE_WITHOUT_LEADERSHIP,
    HEALTHY_POD_DELETED,
    CODE_FAILS,
    FAILOVER_LOST,
    FAILOVER_NEVER_ENDS,
    NODE_STAYS_TAINTED
  }

  /** A violated invariant. */
  record Violation(Invariant invariant, String text, long at) {}

  /** A kubelet or a Pod that answered for so long, but for single packets, is no dead node. */
  private static final long ANSWERED = 30 * VirtualTime.SECOND;

  /** Age of a refusal of consent from which on the controller has to know of it. */
  private static final long KNOWN = 30 * VirtualTime.SECOND;

  /** A failover in progress. */
  record Open(String node, String podUid, String pod) {}

  private final World world;
  private final Map<String, Open> open = new HashMap<>();
  private final Map<String, Open> unfinished = new HashMap<>();
  private final Set<Invariant> ignored;
  private Optional<Violation> violation = Optional.empty();

  Checker(World world, Set<Invariant> ignored) {
    this.world = world;
    this.ignored = ignored;
  }

  Optional<Violation> violation() {
    return violation;
  }

  void violated(Invariant invariant, String text) {
    if (violation.isEmpty() && !ignored.contains(invariant)) {
      violation = Optional.of(new Violation(invariant, text, world.time.now()));
      world.trace("VIOLATION %s: %s", invariant, text);
      world.time.end();
    }
  }

  /** The controller's code failed in a way that it does not expect. */
  void failed(Throwable failure) {
    violated(Invariant.CODE_FAILS, failure + " at " + failure.getStackTrace()[0]);
  }

  /** Checks who can write to a volume, after that has changed. */
  void writers(Volume volume) {
    List<String> writers = new ArrayList<>();
    for (Machine machine : world.machines) {
      if (volume.canBeWrittenFrom(machine.name) && isUsed(machine, volume)) {
        writers.add(machine.name);
      }
    }
    if (writers.size() < 2 || volume.driver.isStatedFalsely() || world.fence.isLying()) {
      return;
    }
    for (String writer : writers) {
      if (volume.lostBy.get(writer) == Volume.Cause.CONTROLLER) {
        violated(
            Invariant.TWO_WRITERS,
            "volume %s of driver %s is written from nodes %s; the controller took it from %s"
                .formatted(volume.handle, volume.driver.name(), writers, writer));
      }
    }
  }

  private static boolean isUsed(Machine machine, Volume volume) {
    return machine.isOn()
        && machine.containers.values().stream()
            .anyMatch(container -> container.runs && container.volumes.contains(volume));
  }

  /** Checks a write that a controller sends. */
  void sent(Replica replica, String type, String key, String verb) {
    if (!world.election.isCertain(replica.name, world.time.now())) {
      violated(
          Invariant.WRITE_WITHOUT_LEADERSHIP,
          "%s sends %s of %s %s, while %s holds the Lease by a renewal sent %d ms ago"
              .formatted(
                  replica.name,
                  verb,
                  type,
                  key,
                  world.election.holder,
                  (world.time.now() - world.election.renewalSent) / VirtualTime.MILLISECOND));
    }
  }

  /** Returns whether another replica has taken the Lease from this one. */
  boolean othersLead(Replica replica) {
    return !world.election.holder.equals(replica.name) && !world.election.holder.isEmpty();
  }

  /** Checks a write of a controller that the API server is about to carry out. */
  void write(Replica replica, String type, String key, String verb, JsonNode body) {
    // a create changes nothing that exists: the API server refuses it then
    if (othersLead(replica)
        && !verb.equals("create")
        && !body.toString().contains("resourceVersion")) {
      violated(
          Invariant.WRITE_WITHOUT_LEADERSHIP,
          "%s carried out %s of %s %s without naming a version, while %s leads"
              .formatted(replica.name, verb, type, key, world.election.holder));
    }
    if (type.equals(SimulatedApiServer.PODS) && verb.equals("delete")) {
      deletion(replica, key, body);
    }
  }

  private void deletion(Replica replica, String key, JsonNode body) {
    JsonNode pod = world.api.get(SimulatedApiServer.PODS, key);
    if (pod == null
        || !Json.uid(pod).equals(body.path("preconditions").path("uid").asText(Json.uid(pod)))) {
      return;
    }
    consent(key, "deleted by " + replica.name);
    Machine machine = world.machine(pod.path("spec").path("nodeName").asText());
    if (machine != null
        && runs(machine, Json.uid(pod))
        && machine.answers()
        && replica.networkCuts == 0
        && world.time.now() - Math.max(machine.answersSince, replica.connectedSince) > ANSWERED
        && replica.probesSince(machine) > ANSWERED) {
      violated(
          Invariant.HEALTHY_POD_DELETED,
          "Pod %s is deleted although node %s answers all the time".formatted(key, machine.name));
    }
  }

  private static boolean runs(Machine machine, String uid) {
    Machine.Container container = machine.containers.get(uid);
    return container != null && container.runs;
  }

  /**
   * Returns whether people still want the workload. One that they gave up, and whose Pod is gone,
   * refuses nothing: no object says so any more.
   */
  private boolean isWanted(Workload workload) {
    JsonNode object = world.api.get(workload.type(), workload.key());
    return object != null
        && !Json.isBeingDeleted(object)
        && object.path("spec").path("replicas").asInt(1) > 0;
  }

  /** Checks that the Pod of this key may be failed over. */
  void consent(String pod, String how) {
    Workload workload = world.workloadOf(pod);
    if (workload != null
        && !workload.consents()
        && (isWanted(workload) || world.api.get(SimulatedApiServer.PODS, pod) != null)
        && world.time.now() - workload.refusedSince > KNOWN) {
      violated(
          Invariant.TOUCHED_WITHOUT_CONSENT,
          "Pod %s did not consent to failover and is %s".formatted(pod, how));
    }
  }

  /** Follows the failover records. */
  void configMap(String key, JsonNode map) {
    if (map != null && !map.path("data").has("record")) {
      return;
    }
    Open before = open.remove(key);
    if (map == null) {
      if (before != null) {
        violated(
            Invariant.FAILOVER_LOST, "record %s is deleted before it has ended".formatted(key));
      }
      return;
    }
    try {
      JsonNode record = Json.MAPPER.readTree(map.path("data").path("record").asText());
      String pod = record.path("namespace").asText() + "/" + record.path("pod").asText();
      Open now = new Open(record.path("node").asText(), record.path("podUid").asText(), pod);
      if (before != null && !before.equals(now)) {
        violated(
            Invariant.FAILOVER_LOST,
            "record %s of %s is replaced by that of %s".formatted(key, before, now));
      }
      if (!record.has("outcome")) {
        open.put(key, now);
      } else if (before != null) {
        world.trace("failover of %s ends: %s", pod, record.path("outcome").asText());
        if (!record.path("outcome").asText().equals("DONE")) {
          unfinished.put(key, now);
        }
      }
    } catch (IOException e) {
      violated(Invariant.FAILOVER_LOST, "record %s is broken".formatted(key));
    }
  }

  Collection<Open> open() {
    return open.values();
  }

  /**
   * Returns whether a failover from a node is in progress, or has ended without another Pod that
   * runs.
   */
  boolean hasNoSuccessor(String node) {
    return Stream.concat(open.values().stream(), unfinished.values().stream())
        .filter(each -> each.node().equals(node))
        .map(each -> world.workloadOf(each.pod()))
        .anyMatch(workload -> workload != null && !runs(workload));
  }

  private boolean runs(Workload workload) {
    return world.api.list(SimulatedApiServer.PODS).stream()
        .anyMatch(pod -> workload.owns(Json.key(pod)) && Json.isReady(pod));
  }
}
