package io.rwopguard.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.config.FailoverConfig;
import io.rwopguard.failover.ControllerUnderTest;
import io.rwopguard.failover.cluster.ClusterApi;
import io.rwopguard.failover.fence.FenceProvider;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Gives the code under test the simulated world of one replica. */
final class ReplicaPorts implements ControllerUnderTest.Surroundings {

  private final Replica replica;
  private final Map<String, String> said = new HashMap<>();

  ReplicaPorts(Replica replica) {
    this.replica = replica;
  }

  @Override
  public FailoverConfig settings() {
    return replica.world.settings();
  }

  @Override
  public ClusterApi api() {
    return replica.requests;
  }

  @Override
  public String node() {
    return replica.node;
  }

  @Override
  public boolean isLeader() {
    return replica.candidate.isLeader();
  }

  @Override
  public boolean isCertain() {
    return replica.candidate.isCertain();
  }

  @Override
  public Map<String, String> electionAnnotations() {
    return replica.candidate.annotations();
  }

  @Override
  public String holder() {
    return replica.candidate.holder();
  }

  @Override
  public long epoch() {
    return replica.candidate.epoch;
  }

  @Override
  public boolean watchesAreCurrent() {
    return replica.apiCuts == 0 && replica.feed.isCurrent();
  }

  @Override
  public long nanos() {
    return replica.nanos();
  }

  @Override
  public Instant wall() {
    return replica.world.wall().plusMillis(replica.world.skew(replica));
  }

  @Override
  public void execute(Runnable work) {
    replica.execute(work);
  }

  @Override
  public FenceProvider fence() {
    return replica.world.fence;
  }

  @Override
  public Set<String> fencedDrivers() {
    return replica.world.volumes.stream()
        .map(volume -> volume.driver)
        .filter(Driver::statedFenced)
        .map(Driver::name)
        .collect(Collectors.toSet());
  }

  @Override
  public Set<OldBehavior> old() {
    return replica.world.old();
  }

  @Override
  public boolean podExists(String namespace, String name, String uid) {
    JsonNode pod = replica.world.api.get(SimulatedApiServer.PODS, namespace + "/" + name);
    return pod != null && Json.uid(pod).equals(uid);
  }

  @Override
  public boolean hasNoSuccessor(String node) {
    return replica.world.checker.hasNoSuccessor(node);
  }

  @Override
  public void say(String reason, String about, String message) {
    if (replica.world.isTraced() && !message.equals(said.put(reason + about, message))) {
      replica.world.trace("%s: event %s on %s: %s", replica.name, reason, about, message);
    }
  }
}
