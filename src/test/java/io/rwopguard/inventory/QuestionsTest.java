package io.rwopguard.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.Manifests;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectReader;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is asked about an object. */
class QuestionsTest {

  private static final String SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: minio, namespace: shop}
      spec:
        replicas: 16
        ordinals: {start: 3}
        template: {spec: {containers: [{name: minio, image: minio}]}}
        volumeClaimTemplates:
          - {metadata: {name: a}, spec: {accessModes: [ReadWriteOncePod]}}
          - {metadata: {name: b}, spec: {accessModes: [ReadWriteOncePod]}}
          - {metadata: {name: c}, spec: {accessModes: [ReadWriteOnce]}}
      """;

  /** None of a new StatefulSet's claims is in memory, and each would cost a read. */
  @Test
  void of_claim_templates_only_the_first_claim_is_asked_for() {
    ObjectFacts set = ObjectReader.read(Kind.STATEFUL_SET, "shop", Manifests.parse(SET));

    ClaimKey[] first = {new ClaimKey("shop", "a-minio-3"), new ClaimKey("shop", "b-minio-3")};
    assertThat(Questions.beforeEdits(set).claims()).containsExactlyInAnyOrder(first);
    assertThat(Questions.about(set, Optional.empty()).claims()).containsExactlyInAnyOrder(first);
  }
}
