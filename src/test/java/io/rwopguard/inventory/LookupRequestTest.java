package io.rwopguard.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectReader;
import io.rwopguard.testing.manifests.Manifests;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests the questions about an object. */
class LookupRequestTest {

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
  void asks_only_for_the_first_claim_of_claim_templates() {
    ObjectFacts set = ObjectReader.read(Kind.STATEFUL_SET, "shop", Manifests.parse(SET));

    ClaimKey[] first = {new ClaimKey("shop", "a-minio-3"), new ClaimKey("shop", "b-minio-3")};
    assertThat(LookupRequest.beforeEdits(set).claims()).containsExactlyInAnyOrder(first);
    assertThat(LookupRequest.about(set, Optional.empty()).claims())
        .containsExactlyInAnyOrder(first);
  }
}
