package io.rwopguard.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.drivers.Answer;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.DriverStatement;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.drivers.Revocation;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares a user's statement with what is known of a driver, and checks the message if they
 * differ.
 */
class KnownBehaviorTest {

  private static final Set<VolumeRelease> ALL = EnumSet.allOf(VolumeRelease.class);

  /** The releases under which the statement revokes-on-unpublish contradicts what is known. */
  private static final Map<Revocation, Set<VolumeRelease>> CONTRADICTIONS =
      Map.of(
          Revocation.ON_UNPUBLISH,
          Set.of(),
          Revocation.OUT_OF_SERVICE_TAINT_ONLY,
          EnumSet.complementOf(EnumSet.of(VolumeRelease.OUT_OF_SERVICE)),
          Revocation.NETWORK_FENCE_ONLY,
          ALL,
          Revocation.NODE_FENCE_ONLY,
          ALL,
          Revocation.NEVER,
          ALL,
          Revocation.UNKNOWN,
          Set.of());

  private static DriverKnowledge driver(Revocation revocation) {
    DriverStatement<Answer> unknown = new DriverStatement<>(Answer.UNKNOWN, "", "", "", "nowhere");
    return new DriverKnowledge(
        "Some driver",
        List.of("some.example.org"),
        false,
        unknown,
        new DriverStatement<>(revocation, "", "", "", "somewhere"),
        unknown,
        unknown,
        Optional.empty());
  }

  @ParameterizedTest
  @EnumSource(Revocation.class)
  void each_kind_of_revocation_is_compared_with_each_release(Revocation revocation) {
    for (VolumeRelease release : VolumeRelease.values()) {
      assertThat(KnownBehavior.contradicts(driver(revocation), release))
          .as("%s with %s", revocation, release)
          .isEqualTo(CONTRADICTIONS.get(revocation).contains(release));
    }
  }

  @Test
  void ceph_rbd_revokes_only_under_the_taint() {
    String source = Drivers.of("rbd.csi.ceph.com").orElseThrow().revoking().source();
    assertThat(KnownBehavior.problem("rbd.csi.ceph.com", VolumeRelease.OUT_OF_SERVICE)).isEmpty();
    assertThat(KnownBehavior.problem("rbd.csi.ceph.com", VolumeRelease.VOLUME))
        .contains(
            "rwop-guard.failover.drivers.\"rbd.csi.ceph.com\".revokes-on-unpublish: contradicts the known behavior of Ceph RBD with release volume: an unreachable node loses access only while it has the taint node.kubernetes.io/out-of-service ("
                + source
                + "). Two nodes could write to one volume. Set rwop-guard.failover.drivers.\"rbd.csi.ceph.com\".release=out-of-service. If your version of the driver differs, set rwop-guard.failover.drivers.\"rbd.csi.ceph.com\".against-known-behavior=true.");
  }

  @Test
  void ebs_is_not_released_by_a_live_instance() {
    String source = Drivers.of("ebs.csi.aws.com").orElseThrow().revoking().source();
    assertThat(KnownBehavior.problem("ebs.csi.aws.com", VolumeRelease.OUT_OF_SERVICE))
        .contains(
            "rwop-guard.failover.drivers.\"ebs.csi.aws.com\".revokes-on-unpublish: contradicts the known behavior of Amazon EBS with release out-of-service: an unreachable node keeps access until it is stopped ("
                + source
                + "). The volume can stay busy on a running instance, and then no other node gets it. Remove the statement. Set rwop-guard.failover.drivers.\"ebs.csi.aws.com\".stopped-by-fence=true, with a fence that stops the node. If your version of the driver differs, set rwop-guard.failover.drivers.\"ebs.csi.aws.com\".against-known-behavior=true.");
  }

  @Test
  void a_volume_of_one_node_cannot_be_failed_over_at_all() {
    assertThat(KnownBehavior.problem("topolvm.io", VolumeRelease.POD_ONLY).orElseThrow())
        .contains(
            "the volume exists on one node only (", ". No other node can run the Pod. Remove the")
        .doesNotContain("stopped-by-fence");
    assertThat(KnownBehavior.adviceWithoutAttaching("topolvm.io"))
        .isEqualTo(
            "use a volume that other nodes can mount: with TopoLVM, the volume exists on one node only (see docs/reference/drivers.md)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pd.csi.storage.gke.io", "csi.vsphere.vmware.com", "csi.unknown.example"})
  void a_driver_that_revokes_or_is_unknown_contradicts_nothing(String name) {
    for (VolumeRelease release : VolumeRelease.values()) {
      assertThat(KnownBehavior.problem(name, release)).isEmpty();
      assertThat(KnownBehavior.overridden(name, release)).isEmpty();
    }
  }

  @Test
  void an_override_is_said_with_what_it_overrides() {
    String source = Drivers.of("nfs.csi.k8s.io").orElseThrow().revoking().source();
    assertThat(KnownBehavior.overridden("nfs.csi.k8s.io", VolumeRelease.VOLUME))
        .contains(
            "rwop-guard.failover.drivers.\"nfs.csi.k8s.io\".against-known-behavior=true overrides the known behavior of csi-driver-nfs: an unreachable node keeps access until it is stopped ("
                + source
                + "). Two nodes could write to one volume.");
  }

  @Test
  void says_what_a_statement_depends_on() {
    assertThat(KnownBehavior.condition("disk.csi.azure.com"))
        .contains(
            "rwop-guard.failover.drivers.\"disk.csi.azure.com\".revokes-on-unpublish=true is valid since version 1.31.0, if --force-detach-backoff is true, which is the default (docs/reference/drivers.md).");
    assertThat(KnownBehavior.condition("pd.csi.storage.gke.io")).isEmpty();
    assertThat(KnownBehavior.condition("csi.unknown.example")).isEmpty();
  }

  @Test
  void says_what_to_set_for_known_drivers() {
    assertThat(KnownBehavior.advice("pd.csi.storage.gke.io"))
        .contains(
            "Google Compute Engine persistent disk is known: an unreachable node loses access when the volume is unpublished there. Set rwop-guard.failover.drivers.\"pd.csi.storage.gke.io\".revokes-on-unpublish=true. See docs/reference/drivers.md.");
    assertThat(KnownBehavior.advice("rook-ceph.rbd.csi.ceph.com").orElseThrow())
        .startsWith(
            "Ceph RBD is known: an unreachable node loses access only while it has the taint node.kubernetes.io/out-of-service. Set rwop-guard.failover.drivers.\"rook-ceph.rbd.csi.ceph.com\".revokes-on-unpublish=true and rwop-guard.failover.drivers.\"rook-ceph.rbd.csi.ceph.com\".release=out-of-service, which is valid since version 3.15.0, if ");
    assertThat(KnownBehavior.advice("ebs.csi.aws.com").orElseThrow())
        .contains(
            "Set rwop-guard.failover.drivers.\"ebs.csi.aws.com\".stopped-by-fence=true, with a fence that stops the node.");
    assertThat(KnownBehavior.advice("csi.vsphere.vmware.com")).isEmpty();
    assertThat(KnownBehavior.advice("csi.unknown.example")).isEmpty();
  }

  @Test
  void says_what_to_do_without_attachment() {
    assertThat(KnownBehavior.adviceWithoutAttaching("nfs.csi.k8s.io"))
        .isEqualTo(
            "set rwop-guard.failover.drivers.\"nfs.csi.k8s.io\".stopped-by-fence=true, with a fence that stops the node, or move the Pod yourself");
    assertThat(KnownBehavior.adviceWithoutAttaching("rbd.csi.ceph.com"))
        .isEqualTo(
            "restore attachRequired: true, which Ceph RBD has as shipped, or set rwop-guard.failover.drivers.\"rbd.csi.ceph.com\".stopped-by-fence=true, with a fence that stops the node or blocks it at the storage by a NetworkFence, or move the Pod yourself");
  }
}
