package io.rwopguard.failover.eligibility;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.SmallCluster;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.plan.DriverGuarantees;
import io.rwopguard.failover.plan.PodFacts;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.Kind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks whether a Pod is recreated, also one of an operator, whose own kinds are not read. */
class PodFactsReaderTest {

  private static final String DRIVER = "revoking.example.org";

  private final SmallCluster cluster = new SmallCluster(2);
  private final FailoverStore objects = new FailoverStore(cluster.objects, () -> true);
  private final PodFactsReader reader = new PodFactsReader(objects, cluster.inventory);
  private final CandidateSelector candidates =
      new CandidateSelector(
          reader,
          new DriverGuarantees(Set.of(DRIVER), Set.of(), VolumeRelease.VOLUME, Map.of(), Map.of()));

  @BeforeEach
  void create() {
    cluster.workload("db", "node-1", DRIVER);
  }

  private ObjectNode object(Kind kind, String name) {
    return cluster.objects.get(Resources.of(kind), "shop", name).orElseThrow().deepCopy();
  }

  private void put(Kind kind, ObjectNode object) {
    cluster.objects.force(Resources.of(kind), "shop", object);
  }

  private static void own(ObjectNode object, String version, String kind, String name) {
    ObjectNode metadata = object.withObject("/metadata");
    metadata.remove("ownerReferences");
    metadata
        .withArray("ownerReferences")
        .addObject()
        .put("apiVersion", version)
        .put("kind", kind)
        .put("name", name)
        .put("controller", true);
  }

  private void ownPod(String version, String kind, String name) {
    ObjectNode pod = object(Kind.POD, "db-0");
    own(pod, version, kind, name);
    put(Kind.POD, pod);
  }

  private void choose(String choice) {
    ObjectNode pod = object(Kind.POD, "db-0");
    pod.withObject("/metadata/annotations").put("rwop-guard.io/failover", choice);
    put(Kind.POD, pod);
  }

  private Optional<Boolean> recreated() {
    return reader.read("shop", "db-0").flatMap(PodFacts::recreated);
  }

  private Optional<RefusalReason> refusal() {
    return candidates
        .judge(
            "shop",
            "db-0",
            "node-1",
            List.of(NodeReader.read(objects.node("node-2").orElseThrow())))
        .refusal()
        .map(Refusal::reason);
  }

  /** The last has a kind that Kubernetes has too, in a group that is not Kubernetes'. */
  @ParameterizedTest
  @CsvSource({
    "postgresql.cnpg.io/v1, Cluster",
    "core.strimzi.io/v1, StrimziPodSet",
    "v1, OwnKind",
    "apps.kruise.io/v1beta1, StatefulSet"
  })
  void a_pod_of_an_operator_is_failed_over_only_with_its_annotation(String version, String kind) {
    ownPod(version, kind, "db");
    assertThat(recreated()).as("its kind is not read").isEmpty();
    assertThat(refusal()).contains(RefusalReason.NO_CONTROLLER);
    choose("true");
    assertThat(refusal()).as("another value").contains(RefusalReason.NO_CONTROLLER);
    choose("disabled");
    assertThat(refusal()).contains(RefusalReason.OPTED_OUT);
    choose("enabled");
    assertThat(refusal()).isEmpty();
  }

  @Test
  void refuses_a_volume_whose_object_is_in_tree_by_the_name_of_its_driver() {
    ObjectNode volume =
        cluster
            .objects
            .get(Resources.of(Kind.PERSISTENT_VOLUME), "", "pv-db")
            .orElseThrow()
            .deepCopy();
    ObjectNode spec = volume.withObject("/spec");
    spec.remove("csi");
    spec.putObject("awsElasticBlockStore").put("volumeID", "aws://eu-central-1a/vol-1");
    volume
        .withObject("/metadata/annotations")
        .put("pv.kubernetes.io/migrated-to", "ebs.csi.aws.com");
    cluster.objects.force(Resources.of(Kind.PERSISTENT_VOLUME), "", volume);
    assertThat(refusal()).contains(RefusalReason.IN_TREE_VOLUME);
    spec.remove("awsElasticBlockStore");
    spec.putObject("nfs").put("server", "nfs.example.org").put("path", "/");
    cluster.objects.force(Resources.of(Kind.PERSISTENT_VOLUME), "", volume);
    assertThat(refusal()).contains(RefusalReason.LOCAL_VOLUME);
  }

  @Test
  void a_portworx_volume_in_tree_is_one_of_its_driver_only_where_it_is_marked() {
    ObjectNode volume =
        cluster
            .objects
            .get(Resources.of(Kind.PERSISTENT_VOLUME), "", "pv-db")
            .orElseThrow()
            .deepCopy();
    volume.withObject("/spec").remove("csi");
    volume.withObject("/spec/portworxVolume").put("volumeID", "1234");
    cluster.objects.force(Resources.of(Kind.PERSISTENT_VOLUME), "", volume);
    assertThat(refusal()).contains(RefusalReason.LOCAL_VOLUME);
    volume
        .withObject("/metadata/annotations")
        .put("pv.kubernetes.io/migrated-to", "pxd.portworx.com");
    cluster.objects.force(Resources.of(Kind.PERSISTENT_VOLUME), "", volume);
    assertThat(refusal()).contains(RefusalReason.IN_TREE_VOLUME);
  }

  @Test
  void the_annotation_does_not_replace_the_label_of_the_namespace() {
    ownPod("postgresql.cnpg.io/v1", "Cluster", "db");
    choose("enabled");
    cluster.objects.force(
        Resources.NAMESPACES, "", MemoryCluster.tree("{'metadata':{'name':'shop'}}"));
    assertThat(refusal()).contains(RefusalReason.NOT_OPTED_IN);
  }

  @Test
  void a_pod_without_a_controller_is_recreated_by_none() {
    ObjectNode pod = object(Kind.POD, "db-0");
    pod.withObject("/metadata").remove("ownerReferences");
    put(Kind.POD, pod);
    choose("enabled");
    assertThat(refusal()).contains(RefusalReason.NO_CONTROLLER);
  }

  @Test
  void a_workload_of_kubernetes_says_itself_whether_it_recreates_its_pod() {
    assertThat(recreated()).contains(true);
    assertThat(refusal()).isEmpty();
    ObjectNode set = object(Kind.STATEFUL_SET, "db");
    set.withObject("/spec").put("replicas", 0);
    put(Kind.STATEFUL_SET, set);
    assertThat(recreated()).contains(false);
    choose("enabled");
    assertThat(refusal())
        .as("the annotation changes nothing")
        .contains(RefusalReason.NO_CONTROLLER);
    set.withObject("/spec").put("replicas", 1);
    set.withObject("/metadata").put("deletionTimestamp", "2026-11-27T01:02:03Z");
    put(Kind.STATEFUL_SET, set);
    assertThat(recreated()).as("being deleted").contains(false);
    cluster.objects.delete(Resources.of(Kind.STATEFUL_SET), "shop", "db", null);
    assertThat(recreated()).as("gone").contains(false);
  }

  /** The operator may scale its workload up again at any moment, and a rollout does. */
  @Test
  void the_workload_above_decides_where_it_is_read() {
    ownPod("apps/v1", "ReplicaSet", "db-1");
    ObjectNode set =
        MemoryCluster.tree(
            "{'metadata':{'namespace':'shop','name':'db-1'},'spec':{'replicas':0,'template':{'spec':{'containers':[{'name':'db'}]}}}}");
    put(Kind.REPLICA_SET, set);
    assertThat(recreated()).contains(false);

    own(set, "argoproj.io/v1alpha1", "Rollout", "db");
    put(Kind.REPLICA_SET, set);
    assertThat(recreated()).as("of a kind that is not read").contains(false);

    own(set, "apps/v1", "Deployment", "db");
    put(Kind.REPLICA_SET, set);
    put(
        Kind.DEPLOYMENT,
        MemoryCluster.tree("{'metadata':{'namespace':'shop','name':'db'},'spec':{'replicas':1}}"));
    assertThat(recreated()).contains(true);
    assertThat(refusal()).isEmpty();
  }
}
