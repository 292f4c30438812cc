package io.rwopguard.mutations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The namespace label asks for Pods only, and never for machines or debug copies. */
class ExcludedPodsTest {

  private static final MutationSet MUTATIONS = new MutationSet(MutationSettings.DEFAULTS);

  private static PatchBuilder mutate(String fixture, String label) {
    ObjectNode object = Manifests.read(Manifests.RESOURCES.resolve(fixture + "/before.yaml"));
    ObjectFacts facts = Manifests.facts(object);
    return MUTATIONS.concerns(facts)
        ? MUTATIONS.apply(facts, object, new FixtureInventory(Map.of(ExcludedPods.LABEL, label)))
        : new PatchBuilder(object);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "operator-cloudnative-pg",
        "operator-strimzi",
        "operator-prometheus-over-a-statefulset",
        "operator-argo-rollout-over-a-replicaset",
        "operator-over-a-deployment-over-a-replicaset",
        "operator-ansible-over-a-statefulset",
        "operator-of-zalando",
        "operator-that-labels-only-itself",
        "owner-that-could-not-be-looked-up",
        "owner-of-the-owner-that-could-not-be-looked-up",
      })
  void a_namespace_may_ask_for_the_pods_of_operators(String fixture) {
    assertThat(mutate("mutations/" + fixture, "enabled").patch())
        .anyMatch(edit -> edit.path("path").asText().endsWith("/terminationGracePeriodSeconds"));
    assertThat(mutate("mutations/" + fixture, "no").patch()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "operator-without-controller-keeps-a-statefulset",
        "operator-without-controller-keeps-a-deployment",
        "operator-labels-a-pod-template",
        "virtual-machine",
        "virtual-machine-although-asked",
        "pod-of-a-job-that-restarts-on-failure",
        "mirror-pod",
        "kubectl-debug-copy",
      })
  void some_objects_are_left_alone_although_the_namespace_asks(String fixture) {
    assertThat(mutate("mutations/" + fixture, "enabled").patch()).isEmpty();
  }
}
