package io.rwopguard.simulation;

import static io.rwopguard.simulation.SimulatedApiServer.ATTACHMENTS;
import static io.rwopguard.simulation.SimulatedApiServer.CLAIMS;
import static io.rwopguard.simulation.SimulatedApiServer.LEASES;
import static io.rwopguard.simulation.SimulatedApiServer.NODES;
import static io.rwopguard.simulation.SimulatedApiServer.PODS;
import static io.rwopguard.simulation.VirtualTime.MILLISECOND;
import static io.rwopguard.simulation.VirtualTime.SECOND;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.config.FailoverConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A cluster in virtual time, with everything that the controller meets. */
final class World {

  static final String OPTED_IN = "shop";
  static final Set<String> WATCHED =
      Set.of(
          NODES,
          LEASES,
          PODS,
          CLAIMS,
          SimulatedApiServer.VOLUMES,
          SimulatedApiServer.DRIVERS,
          SimulatedApiServer.NAMESPACES,
          SimulatedApiServer.SETS,
          SimulatedApiServer.REPLICA_SETS);

  private static final Instant BEGINNING = Instant.parse("2026-11-26T00:00:00Z");

  final VirtualTime time;
  final SimulatedApiServer api;
  final SimulatedElection election = new SimulatedElection();
  final List<Machine> machines = new ArrayList<>();
  final List<Workload> workloads;
  final List<Volume> volumes;
  final List<Replica> replicas = new ArrayList<>();
  final Checker checker;
  final SimulatedFence fence;
  final LateWrites lateWrites = new LateWrites(this);
  final Scenario scenario;

  /** Objects that the controller took from nodes: volumes in use, and VolumeAttachments by UID. */
  final Set<String> takenByController = new HashSet<>();

  /** Volumes on nodes whose Pod the controller deleted, so that Kubernetes detaches them. */
  final Set<String> orphanedByController = new HashSet<>();

  /** The code by which an admission webhook denies every deletion of a Pod; 0 if none does. */
  int deniesDeletions;

  long faultsEnd;
  int slowness;
  private final Map<String, Kubelet> kubelets = new HashMap<>();
  private final Map<String, Volume> volumesByClaim = new HashMap<>();
  private final Map<String, String> attachmentNames = new HashMap<>();
  private final AttachDetach attachDetach;
  private final Workloads controllers;
  private final Set<OldBehavior> old;
  private final FailoverConfig settings;
  private final Consumer<String> timeline;

  World(
      long seed,
      Scenario scenario,
      FailoverConfig settings,
      Set<OldBehavior> old,
      Set<Checker.Invariant> ignored,
      Consumer<String> timeline) {
    this.time = new VirtualTime(seed);
    this.api = new SimulatedApiServer(time);
    this.scenario = scenario;
    this.workloads = scenario.workloads;
    this.volumes = scenario.volumes;
    this.settings = settings;
    this.old = old;
    this.timeline = timeline;
    this.checker = new Checker(this, ignored);
    this.fence = new SimulatedFence(this, scenario.fence, scenario.powerFence);
    this.attachDetach = new AttachDetach(this);
    this.controllers = new Workloads(this);
    volumes.forEach(volume -> volumesByClaim.put(volume.claim, volume));
    build();
  }

  private void build() {
    Manifests.create(this);
    api.listen(this::changed);
    for (int i = 0; i < workloads.size(); i++) {
      Machine machine = machines.get(scenario.places.get(i));
      createPod(workloads.get(i), workloads.get(i).set ? "0" : "r0", machine.name);
    }
    kubelets.values().forEach(Kubelet::start);
    new NodeLifecycle(this).start();
    for (int i = 0; i < scenario.replicas; i++) {
      startReplica(i, 0);
    }
  }

  Machine addMachine() {
    Machine machine = new Machine(machines.size());
    machine.full = machine.index == scenario.fullNode;
    machines.add(machine);
    kubelets.put(machine.name, new Kubelet(this, machine));
    register(machine);
    return machine;
  }

  void register(Machine machine) {
    api.create(NODES, Manifests.node(machine));
  }

  void startReplica(int index, int generation) {
    String node = scenario.replicasOnNodes ? machines.get(index % machines.size()).name : "";
    double rate = 1 + (index == 0 ? scenario.drift : -scenario.drift);
    Replica replica = new Replica(this, "replica-" + index + "." + generation, node, rate);
    if (index < replicas.size()) {
      replicas.set(index, replica);
    } else {
      replicas.add(replica);
    }
    replica.start();
  }

  void crashed(Replica replica) {
    int index = replicas.indexOf(replica);
    int generation = Integer.parseInt(replica.name.substring(replica.name.indexOf('.') + 1)) + 1;
    long restart = time.now() + time.between(3 * SECOND, 15 * SECOND);
    faultsEnd = Math.max(faultsEnd, restart);
    time.at(restart, () -> startReplica(index, generation));
  }

  private void changed(String type, String key, JsonNode before, JsonNode after) {
    for (Replica replica : replicas) {
      if (!replica.dead && WATCHED.contains(type)) {
        replica.feed.changed(type, key, after);
      }
    }
    switch (type) {
      case PODS -> podChanged(before, after);
      case NODES -> attachDetach.wake();
      case ATTACHMENTS -> {
        attachDetach.wake();
        if (after != null) {
          attachDetach.changed(after);
        }
      }
      case CLAIMS -> claimChanged(before, after);
      case SimulatedApiServer.CONFIG_MAPS -> checker.configMap(key, after);
      default -> controllers.wake();
    }
    if (type.equals(NODES)) {
      controllers.wake();
    }
  }

  private void podChanged(JsonNode before, JsonNode after) {
    attachDetach.wake();
    controllers.wake();
    JsonNode pod = after == null ? before : after;
    wakeKubelet(pod.path("spec").path("nodeName").asText(""));
    if (after == null) {
      api.list(CLAIMS).forEach(claim -> claimChanged(claim, claim));
    }
  }

  /** The claim's protection ends with its last Pod; its Lease goes with it. */
  private void claimChanged(JsonNode before, JsonNode after) {
    if (after == null) {
      String key = Json.key(before);
      String uid = Json.uid(before);
      time.after(SECOND, () -> collectLeases(key, uid));
    } else if (Json.isBeingDeleted(after)) {
      Volume volume = volumesByClaim.get(Json.key(after));
      // a Pod protects its claim once it is scheduled
      boolean used =
          api.list(PODS).stream()
              .filter(pod -> pod.path("spec").has("nodeName"))
              .anyMatch(pod -> volumesOf(pod).contains(volume));
      if (!used) {
        api.edit(
            CLAIMS,
            Json.key(after),
            claim -> claim.withObjectProperty("metadata").remove("finalizers"));
      }
    }
  }

  /** A claim was created again, so that its name means another volume. */
  void recreated(Workload workload, Volume before, Volume after) {
    volumes.add(after);
    volumesByClaim.put(after.claim, after);
    workload.volumes.replaceAll(each -> each == before ? after : each);
    Manifests.volume(this, workload, after);
  }

  private void collectLeases(String claim, String uid) {
    for (JsonNode lease : api.list(LEASES)) {
      JsonNode owner = lease.path("metadata").path("ownerReferences").path(0);
      if (owner.path("uid").asText().equals(uid)) {
        trace("the Lease of claim %s goes with it", claim);
        api.delete(LEASES, Json.key(lease), SimulatedApiServer.options(-1));
      }
    }
  }

  Machine machine(String name) {
    for (Machine machine : machines) {
      if (machine.name.equals(name)) {
        return machine;
      }
    }
    return null;
  }

  void wakeKubelet(String node) {
    Kubelet kubelet = kubelets.get(node);
    if (kubelet != null) {
      kubelet.wake();
    }
  }

  Kubelet kubelet(Machine machine) {
    return kubelets.get(machine.name);
  }

  List<Volume> volumesOf(JsonNode pod) {
    List<Volume> found = new ArrayList<>(2);
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      String claim = volume.path("persistentVolumeClaim").path("claimName").asText();
      found.add(volumesByClaim.get(Json.namespace(pod) + "/" + claim));
    }
    return found;
  }

  Volume volumeOf(JsonNode attachment) {
    String name = attachment.path("spec").path("source").path("persistentVolumeName").asText();
    for (Volume volume : volumes) {
      if (name.equals("pv-" + volume.handle)) {
        return volume;
      }
    }
    throw new IllegalStateException("no volume " + name);
  }

  String attachmentName(Volume volume, String node) {
    return attachmentNames.computeIfAbsent(
        volume.handle + " " + node, key -> Manifests.attachmentName(volume, node));
  }

  Workload workloadOf(String pod) {
    for (Workload workload : workloads) {
      if (workload.owns(pod)) {
        return workload;
      }
    }
    return null;
  }

  void createPod(Workload workload, String suffix, String node) {
    api.create(PODS, Manifests.pod(this, workload, suffix, node));
  }

  /** A Pod's object goes, while its container may run on. */
  void deleted(JsonNode pod, Volume.Cause cause) {
    String node = pod.path("spec").path("nodeName").asText("");
    for (Volume volume : volumesOf(pod)) {
      if (!volume.driver.attaches()) {
        volume.lostBy.putIfAbsent(node, cause);
      } else if (cause == Volume.Cause.CONTROLLER) {
        orphanedByController.add(node + "/" + volume.uniqueName());
      }
    }
  }

  void checkConsent(String node, Volume volume, String how) {
    for (Machine.Container container : machine(node).containers.values()) {
      if (container.volumes.contains(volume)) {
        checker.consent(container.pod, "loses volume " + volume.handle + ": " + how);
      }
    }
  }

  /** Carries out a write of a replica, with an eye to what it takes away. */
  JsonNode written(
      Replica replica,
      String type,
      String key,
      String verb,
      JsonNode body,
      Supplier<JsonNode> operation) {
    JsonNode before = api.get(type, key);
    checker.write(replica, type, key, verb, body);
    if (before != null && verb.equals("delete")) {
      if (type.equals(ATTACHMENTS)) {
        takenByController.add("attachment/" + Json.uid(before));
      } else if (type.equals(PODS)) {
        deleted(before, Volume.Cause.CONTROLLER);
      }
    }
    JsonNode after =
        checker.othersLead(replica)
            ? lateWrites.carryOut(type, key, verb, operation)
            : operation.get();
    if (before != null && type.equals(NODES)) {
      Set<String> taken = Json.texts(before.path("status").path("volumesInUse"));
      taken.removeAll(Json.texts(after.path("status").path("volumesInUse")));
      for (Volume volume : volumes) {
        if (taken.contains(volume.uniqueName())) {
          takenByController.add(Json.name(before) + "/" + volume.uniqueName());
          checkConsent(Json.name(before), volume, "it is taken out of volumesInUse");
        }
      }
    }
    return after;
  }

  void powerOff(Machine machine, boolean fenced) {
    machine.offs++;
    trace("%s is switched off%s", machine.name, fenced ? " by the fence" : "");
    kubelet(machine).lost();
    if (fenced) {
      time.after(150 * SECOND, () -> powerOn(machine));
    }
  }

  void powerOn(Machine machine) {
    machine.offs--;
    machine.boots++;
    recovered(machine);
  }

  /** Notes that something that was wrong with a machine has ended. */
  void recovered(Machine machine) {
    machine.answersSince = time.now();
    machine.healthySince = time.now();
    if (machine.isConnected()) {
      trace("%s is connected again", machine.name);
      kubelet(machine).reconnected();
    }
  }

  long latency() {
    return slowness > 0
        ? time.between(slowness * MILLISECOND / 4, slowness * MILLISECOND)
        : time.between(2 * MILLISECOND, 12 * MILLISECOND);
  }

  long watchLag() {
    return time.between(MILLISECOND, 150 * MILLISECOND);
  }

  /** Idle time is passed over in larger steps. */
  long lookInterval(boolean leader) {
    boolean calm = time.now() < 15 * SECOND || time.now() > faultsEnd + 60 * SECOND;
    if (calm) {
      return (leader && !checker.open().isEmpty() ? 2 : 5) * SECOND;
    }
    return leader ? SECOND / 2 : 2 * SECOND;
  }

  long probeInterval() {
    return time.now() > 12 * SECOND && time.now() < faultsEnd + 60 * SECOND
        ? 400 * MILLISECOND
        : 2 * SECOND;
  }

  Instant wall() {
    return BEGINNING.plusNanos(time.now());
  }

  /** Returns how far a replica's wall clock is off, in milliseconds. */
  long skew(Replica replica) {
    return Math.floorMod(replica.name.hashCode(), 60_000) - 30_000L;
  }

  String microTime() {
    String micros = Long.toString(1_000_000 + time.now() / 1000 % 1_000_000);
    return wall().toString().substring(0, 19) + "." + micros.substring(1) + "Z";
  }

  FailoverConfig settings() {
    return settings;
  }

  Set<OldBehavior> old() {
    return old;
  }

  boolean old(OldBehavior behavior) {
    return old.contains(behavior);
  }

  boolean isTraced() {
    return timeline != null;
  }

  @SuppressWarnings("AnnotateFormatMethod")
  void trace(String format, Object... arguments) {
    if (timeline != null) {
      timeline.accept(
          "%9.3f  %s".formatted(time.now() / (double) SECOND, format.formatted(arguments)));
    }
  }
}
