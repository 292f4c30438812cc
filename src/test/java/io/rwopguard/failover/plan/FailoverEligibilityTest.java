package io.rwopguard.failover.plan;

import static io.rwopguard.failover.plan.Nodes.node;
import static io.rwopguard.failover.plan.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import io.rwopguard.model.Controller;
import io.rwopguard.model.InTreeSource;
import io.rwopguard.model.Kind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FailoverEligibilityTest {

  private static final String FENCED = "fenced.example.org";
  private static final DriverGuarantees STATEMENTS =
      new DriverGuarantees(
          Set.of(Pods.REVOKING),
          Set.of(FENCED),
          VolumeRelease.POD_ONLY,
          Map.of(Pods.REVOKING, VolumeRelease.VOLUME),
          Map.of("slow", VolumeRelease.ATTACHMENT));

  private final FailoverEligibility judge = new FailoverEligibility(STATEMENTS);
  private List<NodeFacts> others = List.of(node("spare").make());

  private Optional<RefusalReason> reason(Pods pod) {
    return judge.check(pod.make(), others).map(Refusal::reason);
  }

  private void assertAllowed(Pods pod) {
    assertThat(judge.check(pod.make(), others)).isEmpty();
  }

  @Test
  void a_pod_of_a_stateful_set_on_a_driver_that_revokes_may_go() {
    assertAllowed(pod());
  }

  @Test
  void only_in_namespaces_that_ask_for_it() {
    assertThat(reason(pod().notOptedIn())).contains(RefusalReason.NOT_OPTED_IN);
  }

  @Test
  void not_where_the_pod_or_its_workload_says_no() {
    assertThat(reason(pod().says("disabled"))).contains(RefusalReason.OPTED_OUT);
  }

  @Test
  void only_what_comes_again() {
    assertThat(reason(pod().of(null))).contains(RefusalReason.NO_CONTROLLER);
    assertThat(reason(pod().notRecreated())).contains(RefusalReason.NO_CONTROLLER);
    assertThat(reason(pod().of(new Controller(Optional.of(Kind.DAEMON_SET), "DaemonSet", "d"))))
        .contains(RefusalReason.NO_CONTROLLER);
  }

  @Test
  void a_pod_of_an_operator_only_where_a_user_states_that_it_is_recreated() {
    Controller operators = new Controller(Optional.empty(), "Cluster", "pg");
    assertThat(reason(pod().of(operators))).contains(RefusalReason.NO_CONTROLLER);
    assertAllowed(pod().of(operators).says("enabled"));
    assertThat(reason(pod().of(operators).ofAKindThatIsNotRead()))
        .contains(RefusalReason.NO_CONTROLLER);
    assertAllowed(pod().of(operators).ofAKindThatIsNotRead().says("enabled"));
  }

  @Test
  void not_where_no_user_has_stated_what_stops_the_old_writer() {
    assertThat(reason(pod().volume("x.example.org", true))).contains(RefusalReason.UNSTATED_DRIVER);
  }

  @Test
  void says_what_to_set_where_the_driver_is_known() {
    assertThat(text(pod().volume("x.example.org", true)))
        .isEqualTo(
            "no statement says that driver x.example.org of Pod shop/db-0 revokes the old node's access; if its vendor says that the driver revokes access when a volume is unpublished, set rwop-guard.failover.drivers.\"x.example.org\".revokes-on-unpublish=true");
    assertThat(text(pod().volume("pd.csi.storage.gke.io", true)))
        .isEqualTo(
            "no statement says that driver pd.csi.storage.gke.io of Pod shop/db-0 revokes the old node's access; Google Compute Engine persistent disk is known: an unreachable node loses access when the volume is unpublished there. Set rwop-guard.failover.drivers.\"pd.csi.storage.gke.io\".revokes-on-unpublish=true. See docs/reference/drivers.md.");
    assertThat(text(pod().volume("topolvm.io", false)))
        .endsWith(
            "; use a volume that other nodes can mount: with TopoLVM, the volume exists on one node only (see docs/reference/drivers.md)");
    assertThat(text(pod().volume("nfs.csi.k8s.io", false)))
        .endsWith(
            "; set rwop-guard.failover.drivers.\"nfs.csi.k8s.io\".stopped-by-fence=true, with a fence that stops the node, or move the Pod yourself");
  }

  private String text(Pods pod) {
    return judge.check(pod.make(), others).orElseThrow().text();
  }

  @Test
  void a_driver_that_revokes_under_the_taint_alone_does_so_by_no_other_release() {
    DriverGuarantees statements =
        new DriverGuarantees(
            Set.of(Pods.REVOKING),
            Set.of(Pods.REVOKING),
            Set.of(),
            VolumeRelease.VOLUME,
            Map.of(Pods.REVOKING, VolumeRelease.OUT_OF_SERVICE),
            Map.of("slow", VolumeRelease.ATTACHMENT));
    VolumeFacts usual = pod().make().volumes().get().get(0);
    VolumeFacts slow =
        new VolumeFacts(
            "c",
            "claim-uid",
            "pv",
            false,
            false,
            usual.driver(),
            Optional.empty(),
            "h",
            "slow",
            usual.attaches(),
            usual.nodeAffinity());
    assertThat(statements.revokes(usual)).isTrue();
    assertThat(statements.revokes(slow)).isFalse();
  }

  @Test
  void not_where_the_driver_does_not_attach_whatever_is_said_of_it() {
    assertThat(reason(pod().volume(Pods.REVOKING, false))).contains(RefusalReason.UNFENCED_DRIVER);
  }

  @Test
  void not_where_it_is_unknown_whether_the_driver_attaches() {
    assertThat(reason(pod().volume(Pods.REVOKING, null))).contains(RefusalReason.UNKNOWN_VOLUME);
    assertThat(reason(pod().volumesUnknown())).contains(RefusalReason.UNKNOWN_VOLUME);
  }

  @Test
  void not_a_volume_without_a_driver() {
    assertThat(reason(pod().volume(null, null))).contains(RefusalReason.LOCAL_VOLUME);
  }

  @ParameterizedTest
  @EnumSource(InTreeSource.class)
  void not_a_volume_whose_object_is_in_tree_whatever_is_stated_of_its_driver(InTreeSource source) {
    FailoverEligibility stated =
        new FailoverEligibility(
            new DriverGuarantees(
                Set.of(source.driver()),
                Set.of(source.driver()),
                VolumeRelease.VOLUME,
                Map.of(),
                Map.of()));
    Refusal refusal = stated.check(pod().inTree(source).make(), others).orElseThrow();
    assertThat(refusal.reason()).isEqualTo(RefusalReason.IN_TREE_VOLUME);
    assertThat(refusal.text())
        .isEqualTo(
            "volume pv-data0 of Pod shop/db-0 is served by %s, but its object is in-tree (%s), so the name of its VolumeAttachment is unknown. Recreate the PersistentVolume with a csi source, as docs/guides/migration.md describes"
                .formatted(source.driver(), source.field()));
  }

  @Test
  void a_fence_stands_in_for_the_driver() {
    assertAllowed(pod().volume(FENCED, false));
    assertThat(STATEMENTS.needsFence(pod().volume(FENCED, false).make().volumes().get().get(0)))
        .isTrue();
    assertThat(STATEMENTS.needsFence(pod().make().volumes().get().get(0))).isFalse();
  }

  @Test
  void every_volume_has_to_be_safe() {
    assertThat(reason(pod().volume(Pods.REVOKING, true).volume("x.example.org", true)))
        .contains(RefusalReason.UNSTATED_DRIVER);
  }

  @Test
  void not_where_an_old_instance_could_still_write_to_shared_storage() {
    Pods shared = pod().volume(Pods.REVOKING, true).volume("nfs.example.org", false, true, "{}");
    assertThat(reason(shared)).contains(RefusalReason.SHARED_VOLUME);
    assertThat(reason(pod().alsoWritesTo("volume archive (nfs)")))
        .contains(RefusalReason.SHARED_VOLUME);
    assertAllowed(pod().alsoWritesTo("volume archive (nfs)").acceptsSharedVolumes());
    // a fence that stops the node's writes to its driver stops these too
    assertAllowed(pod().volume(Pods.REVOKING, true).volume(FENCED, false, true, "{}"));
  }

  @Test
  void not_while_another_pod_on_the_node_uses_one_of_its_claims() {
    assertThat(reason(pod().besides("shop/sidekick-0"))).contains(RefusalReason.CLAIM_SHARED);
  }

  @Test
  void not_where_the_successor_may_go_back_to_the_dead_node() {
    assertThat(reason(pod().spec("tolerations: [{operator: Exists}]")))
        .contains(RefusalReason.TOLERATES_EVERYTHING);
    assertThat(reason(pod().spec("tolerations: [{operator: Exists, effect: NoSchedule}]")))
        .contains(RefusalReason.TOLERATES_EVERYTHING);
    assertAllowed(pod().spec("tolerations: [{operator: Exists, effect: NoExecute}]"));
  }

  @Test
  void the_storage_class_says_how_before_the_driver_and_that_before_all() {
    VolumeFacts volume = pod().make().volumes().get().get(0);
    assertThat(STATEMENTS.releaseOf(volume)).isEqualTo(VolumeRelease.VOLUME);
    VolumeFacts slow =
        new VolumeFacts(
            "c",
            "uid",
            "pv",
            false,
            false,
            volume.driver(),
            Optional.empty(),
            "h",
            "slow",
            volume.attaches(),
            volume.nodeAffinity());
    assertThat(STATEMENTS.releaseOf(slow)).isEqualTo(VolumeRelease.ATTACHMENT);
    VolumeFacts other =
        new VolumeFacts(
            "c",
            "uid",
            "pv",
            false,
            false,
            Optional.of(FENCED),
            Optional.empty(),
            "h",
            "",
            volume.attaches(),
            volume.nodeAffinity());
    assertThat(STATEMENTS.releaseOf(other)).isEqualTo(VolumeRelease.POD_ONLY);
  }

  @Test
  void not_where_no_other_node_is_alive() {
    others = List.of();
    assertThat(reason(pod())).contains(RefusalReason.NO_NODE);
    others =
        List.of(
            node("dead").make(),
            node("cordoned").cordoned().make(),
            node("sick").ready(Ready.FALSE).make());
    assertThat(reason(pod())).contains(RefusalReason.NO_NODE);
  }

  @Test
  void a_taint_has_to_be_tolerated() {
    others = List.of(node("tainted").taint("dedicated", "db", "NoSchedule").make());
    assertThat(reason(pod())).contains(RefusalReason.NO_NODE);
    assertAllowed(pod().spec("tolerations: [{key: dedicated, operator: Exists}]"));
    assertAllowed(pod().spec("tolerations: [{key: dedicated, value: db, effect: NoSchedule}]"));
    assertThat(reason(pod().spec("tolerations: [{key: dedicated, value: other}]")))
        .contains(RefusalReason.NO_NODE);
    assertThat(reason(pod().spec("tolerations: [{key: dedicated, value: db, effect: NoExecute}]")))
        .contains(RefusalReason.NO_NODE);
    others = List.of(node("tainted").taint("dedicated", "db", "PreferNoSchedule").make());
    assertAllowed(pod());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nodeSelector: {disk: ssd}",
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]}}}",
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: Exists}]}]}}}",
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disks, operator: Gt, values: ['3']}]}]}}}",
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [chosen]}]}]}}}",
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: NotIn, values: [spare]}]}]}}}",
      })
  void a_selector_has_to_choose_the_node(String spec) {
    assertThat(reason(pod().spec(spec))).contains(RefusalReason.NO_NODE);
    others = List.of(node("chosen").label("disk", "ssd").label("disks", "4").make());
    assertAllowed(pod().spec(spec));
  }

  @Test
  void a_term_that_says_nothing_chooses_nothing_and_one_of_several_is_enough() {
    String of =
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [%s]}}}";
    assertThat(reason(pod().spec(of.formatted("{}")))).contains(RefusalReason.NO_NODE);
    assertAllowed(
        pod()
            .spec(
                of.formatted(
                    "{matchExpressions: [{key: no, operator: Exists}]}, {matchExpressions: [{key: no, operator: DoesNotExist}]}")));
  }

  @Test
  void the_node_has_to_reach_the_volume() {
    String zone =
        "required: {nodeSelectorTerms: [{matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [one]}]}]}";
    assertThat(reason(pod().volume(Pods.REVOKING, true, false, zone)))
        .contains(RefusalReason.NO_NODE);
    others = List.of(node("near").label("topology.kubernetes.io/zone", "one").make());
    assertAllowed(pod().volume(Pods.REVOKING, true, false, zone));
  }
}
