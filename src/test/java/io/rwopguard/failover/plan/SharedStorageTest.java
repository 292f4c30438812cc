package io.rwopguard.failover.plan;

import static io.rwopguard.failover.plan.Nodes.node;
import static io.rwopguard.failover.plan.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.model.InTreeSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests that a refusal names the storage that an old instance could still write to. */
class SharedStorageTest {

  private final FailoverEligibility eligibility =
      new FailoverEligibility(
          new DriverGuarantees(
              Set.of(Pods.REVOKING), Set.of(), VolumeRelease.VOLUME, Map.of(), Map.of()));

  private String text(Pods pod) {
    return eligibility.check(pod.make(), List.of(node("spare").make())).orElseThrow().text();
  }

  @Test
  void names_each_claim_and_each_volume() {
    Pods pod =
        pod()
            .volume(Pods.REVOKING, true)
            .volume("nfs.example.org", false, true, "{}")
            .alsoWritesTo("volume archive (nfs)");
    assertThat(text(pod))
        .startsWith(
            "Pod shop/db-0 also writes to volume archive (nfs), data1. An old instance on a node");
  }

  @Test
  void names_the_driver_of_a_claim_whose_volume_is_in_tree() {
    Pods pod = pod().volume(Pods.REVOKING, true).sharedInTree(InTreeSource.AZURE_FILE);
    assertThat(text(pod))
        .startsWith(
            "Pod shop/db-0 also writes to data1 (in-tree, served by file.csi.azure.com). An old instance on a node");
  }
}
