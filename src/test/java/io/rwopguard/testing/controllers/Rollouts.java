package io.rwopguard.testing.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/** Watches what the controllers of a namespace make of its Deployments and StatefulSets. */
public final class Rollouts {

  /** State that would change if another client continued to change something. */
  public record State(
      Long generation,
      Long observed,
      Integer collisions,
      List<String> replicaSets,
      List<String> pods) {}

  private final ControlledCluster cluster;
  private final String namespace;

  public Rollouts(ControlledCluster cluster, String namespace) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  public Deployment deployment(String name) {
    return cluster.client().apps().deployments().inNamespace(namespace).withName(name).get();
  }

  public StatefulSet statefulSet(String name) {
    return cluster.client().apps().statefulSets().inNamespace(namespace).withName(name).get();
  }

  private State state(Deployment deployment) {
    String name = deployment.getMetadata().getName();
    var sets = cluster.client().apps().replicaSets().inNamespace(namespace).withLabel("app", name);
    return new State(
        deployment.getMetadata().getGeneration(),
        deployment.getStatus().getObservedGeneration(),
        deployment.getStatus().getCollisionCount(),
        sets.list().getItems().stream()
            .map(set -> set.getMetadata().getUid() + " " + set.getMetadata().getGeneration())
            .sorted()
            .toList(),
        uids(name));
  }

  private State state(StatefulSet set) {
    return new State(
        set.getMetadata().getGeneration(),
        set.getStatus().getObservedGeneration(),
        set.getStatus().getCollisionCount(),
        List.of(String.valueOf(set.getStatus().getUpdateRevision())),
        uids(set.getMetadata().getName()));
  }

  private List<String> uids(String app) {
    return cluster.pods(app).stream().map(pod -> pod.getMetadata().getUid()).sorted().toList();
  }

  private State state(String kind, String name) {
    return kind.equals("Deployment") ? state(deployment(name)) : state(statefulSet(name));
  }

  /** The controller has seen all of it, is done with it, and stays so. */
  public State settled(String kind, String name) throws Exception {
    cluster.kubectl("rollout status %s/%s --timeout=2m".formatted(kind, name));
    State state = state(kind, name);
    Awaitility.await()
        .during(Duration.ofSeconds(5))
        .atMost(Duration.ofMinutes(1))
        .until(() -> state(kind, name), state::equals);
    assertThat(state.observed()).isEqualTo(state.generation());
    assertThat(state.pods()).hasSize(1);
    return state;
  }

  public void assertSettles(String deployment, int replicaSets) throws Exception {
    State state = settled("Deployment", deployment);
    assertThat(state.replicaSets()).hasSize(replicaSets);
    assertThat(state.collisions()).isNull();
  }
}
