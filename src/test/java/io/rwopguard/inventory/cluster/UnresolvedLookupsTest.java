package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks what a live read has to ask for before a Pod is edited. */
class UnresolvedLookupsTest {

  private static ObjectFacts pod(String kind, String owner) {
    return Manifests.facts(
        Manifests.parse(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop,
               ownerReferences: [{apiVersion: apps/v1, kind: %s, name: %s, controller: true}]},
             spec: {containers: [{name: db}]}}
            """
                .formatted(kind, owner)));
  }

  @ParameterizedTest
  @CsvSource({
    "ReplicaSet, unheard-of, true",
    "ReplicaSet, unseen-5d4f, true",
    "ReplicaSet, operated-1, false",
    "ReplicaSet, db-5d4f, false",
    "StatefulSet, prometheus-k8s, false",
    "Rollout, canary, false",
  })
  void an_owner_is_asked_for_until_all_its_owners_are_known(
      String kind, String owner, boolean asked) {
    LookupRequest open =
        UnresolvedLookups.of(LookupRequest.beforeEdits(pod(kind, owner)), new FixtureInventory());

    assertThat(open.owners()).hasSize(asked ? 1 : 0);
    assertThat(open.isEmpty()).isNotEqualTo(asked);
  }

  @Test
  void keeps_workloads_in_memory_whose_pods_have_their_own_claims() {
    String replicaSet =
        """
        {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: a, namespace: shop,
           ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: b, controller: true}]},
         spec: {template: {spec: {containers: [{name: db}], volumes: [{name: data, %s}]}}}}
        """;

    for (String volume :
        new String[] {
          "emptyDir: {}",
          "ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOncePod]}}}",
          "persistentVolumeClaim: {claimName: data}"
        }) {
      assertThat(
              ClusterObjects.claimUser(
                  Kind.REPLICA_SET, Manifests.parse(replicaSet.formatted(volume))))
          .as(volume)
          .matches(user -> user.isEmpty() == volume.startsWith("emptyDir"));
    }
  }
}
