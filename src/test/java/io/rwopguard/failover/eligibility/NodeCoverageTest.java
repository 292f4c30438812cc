package io.rwopguard.failover.eligibility;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.eligibility.Coverage.Covering;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.plan.DriverGuarantees;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.record.TestRecords;
import io.rwopguard.inventory.cluster.FedInventory;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.Kind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks which volumes of a failover a node may have that gets the taint a second time. */
class NodeCoverageTest {

  private static final FailoverTarget OWN =
      new FailoverTarget(
          "own", "pv-own", "d", "h", "d^h", "va-own", VolumeRelease.OUT_OF_SERVICE, true);

  private final MemoryCluster cluster = new MemoryCluster();
  private final FailoverStore objects = new FailoverStore(cluster, () -> true);
  private final PodFactsReader reader = new PodFactsReader(objects, new FedInventory());
  private final DriverGuarantees statements =
      new DriverGuarantees(
          Set.of("revoking"), Set.of("d"), VolumeRelease.OUT_OF_SERVICE, Map.of(), Map.of());
  private FailoverRecord failover = TestRecords.of("one", Instant.EPOCH);
  private boolean confirmed = true;
  private final NodeCoverage coverage =
      new NodeCoverage(
          objects,
          reader,
          new CandidateSelector(reader, statements),
          statements,
          Optional.of(new VolumeFence()),
          driver -> false);

  /** A fence of single volumes. */
  private final class VolumeFence implements Fence {

    @Override
    public Answer ask(FailoverRecord record, List<FailoverTarget> targets) {
      return new Answer(confirmed, "");
    }

    @Override
    public boolean isConfirmed(FailoverRecord record, List<FailoverTarget> targets) {
      return confirmed;
    }

    @Override
    public boolean isNodeConfirmed(FailoverRecord record) {
      return false;
    }

    @Override
    public Optional<String> whyNotReturned(String node, String bootId, String renewTime) {
      return Optional.empty();
    }

    @Override
    public List<String> refresh() {
      return List.of();
    }

    @Override
    public List<String> ofMissingNodes(Predicate<String> exists) {
      return List.of();
    }

    @Override
    public Set<String> fencedNodes() {
      return Set.of();
    }

    @Override
    public boolean awaitsReboot(String node, String bootId) {
      return false;
    }

    @Override
    public Set<Taint> ownTaints(String node) {
      return Set.of();
    }
  }

  private void create(ResourceDefinitionContext type, String namespace, String json) {
    cluster.create(type, namespace, MemoryCluster.tree(json));
  }

  private void attach(String claim, String driver) {
    create(
        Resources.of(Kind.PERSISTENT_VOLUME_CLAIM),
        "shop",
        "{'metadata':{'namespace':'shop','name':'%s'},'spec':{'volumeName':'pv-%s','accessModes':['ReadWriteOncePod']}}"
            .formatted(claim, claim));
    create(
        Resources.of(Kind.PERSISTENT_VOLUME),
        "",
        "{'metadata':{'name':'pv-%s'},'spec':{'accessModes':['ReadWriteOncePod'],'claimRef':{'namespace':'shop','name':'%s'},'csi':{'driver':'%s','volumeHandle':'h'}}}"
            .formatted(claim, claim, driver));
    create(
        Resources.VOLUME_ATTACHMENTS,
        "",
        "{'metadata':{'name':'va-%s'},'spec':{'nodeName':'node-2','attacher':'%s','source':{'persistentVolumeName':'pv-%s'}}}"
            .formatted(claim, driver, claim));
  }

  @BeforeEach
  void attachOwn() {
    attach("own", "d");
  }

  private Optional<RefusalReason> refusal(List<FailoverTarget> targets) {
    return coverage
        .refusalAgain(failover, List.of(new Covering(failover, targets)))
        .map(Refusal::reason);
  }

  @Test
  void a_confirmed_fence_covers_the_volumes_that_it_was_asked_for() {
    assertThat(refusal(List.of(OWN))).isEmpty();
    attach("other", "d");
    assertThat(refusal(List.of(OWN))).as("another volume").contains(RefusalReason.UNCOVERED_NODE);
  }

  @Test
  void a_fence_that_was_taken_back_covers_nothing() {
    confirmed = false;
    assertThat(refusal(List.of(OWN))).contains(RefusalReason.UNCOVERED_NODE);
  }

  /** Nothing is attached where its driver attaches nothing, and its Pod may write all the same. */
  @Test
  void a_pod_is_covered_as_long_as_the_volumes_of_its_failover_are() {
    cluster.delete(Resources.VOLUME_ATTACHMENTS, "", "va-own", null);
    create(
        Resources.of(Kind.POD),
        "shop",
        "{'metadata':{'namespace':'shop','name':'db-0'},'spec':{'nodeName':'node-2','volumes':[{'persistentVolumeClaim':{'claimName':'own'}}]}}");
    String uid =
        cluster
            .get(Resources.of(Kind.POD), "shop", "db-0")
            .orElseThrow()
            .at("/metadata/uid")
            .asText();
    failover = TestRecords.of("one", Instant.EPOCH, "", uid);
    assertThat(refusal(List.of(OWN))).isEmpty();
    confirmed = false;
    assertThat(refusal(List.of(OWN))).contains(RefusalReason.UNCOVERED_NODE);
    confirmed = true;
    assertThat(refusal(List.of())).as("not derived yet").contains(RefusalReason.UNCOVERED_NODE);
  }

  @Test
  void the_fences_of_all_failovers_from_the_node_count_together() {
    attach("other", "d");
    FailoverTarget other =
        new FailoverTarget(
            "other", "pv-other", "d", "h", "d^h", "va-other", VolumeRelease.OUT_OF_SERVICE, true);
    assertThat(
            coverage.refusalAgain(
                failover,
                List.of(
                    new Covering(failover, List.of(OWN)),
                    new Covering(TestRecords.of("two", Instant.EPOCH), List.of(other)))))
        .isEmpty();
  }

  @Test
  void a_fence_covers_no_volume_that_is_not_known_to_belong_to_the_failover() {
    assertThat(refusal(List.of())).contains(RefusalReason.UNCOVERED_NODE);
  }
}
