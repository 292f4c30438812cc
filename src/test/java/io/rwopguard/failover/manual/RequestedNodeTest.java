package io.rwopguard.failover.manual;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.failover.SmallCluster;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.kube.Resources;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Kind;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks which node a manual failover is from, if the Pod that ran there is gone. */
class RequestedNodeTest {

  private static final String DRIVER = "revoking.example.org";

  private final SmallCluster cluster = new SmallCluster(3);
  private final FailoverStore objects = new FailoverStore(cluster.objects, () -> true);
  private final ManualFailoverClient request =
      new ManualFailoverClient(
          () -> "jane", objects, new ClaimKey("shop", "data-db"), SmallCluster.NAMESPACE);

  @BeforeEach
  void dies() {
    cluster.workload("db", "node-1", DRIVER);
    cluster.die("node-1");
  }

  private JsonNode pod() {
    return objects.get(Resources.of(Kind.POD), "shop", "db-0").orElseThrow();
  }

  private void delete() {
    assertThat(objects.delete(Resources.of(Kind.POD), pod())).isTrue();
  }

  private void detach() {
    objects
        .list(Resources.VOLUME_ATTACHMENTS, "", Map.of())
        .forEach(each -> assertThat(objects.delete(Resources.VOLUME_ATTACHMENTS, each)).isTrue());
  }

  /** A Pod of the claim; it is on no node if that is empty. */
  private void pod(String name, String node, String phase) {
    ObjectNode pod =
        MemoryCluster.tree(
            "{'metadata':{'namespace':'shop','name':'%s'},'spec':{'containers':[{'name':'db'}],'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'data-db'}}]},'status':{'phase':'%s'}}"
                .formatted(name, phase));
    if (!node.isEmpty()) {
      pod.withObject("/spec").put("nodeName", node);
    }
    cluster.objects.force(Resources.of(Kind.POD), "shop", pod);
  }

  private void attachment(String name, String node, String created, boolean attached) {
    cluster.create(
        Resources.VOLUME_ATTACHMENTS,
        "{'metadata':{'name':'%s','creationTimestamp':'%s'},'spec':{'nodeName':'%s','attacher':'%s','source':{'persistentVolumeName':'pv-db'}},'status':{'attached':%s}}"
            .formatted(name, created, node, DRIVER, attached));
  }

  private void assertRequested(String node, String pod, String uid) {
    assertThat(request.look()).isEmpty();
    assertThat(request.node()).isEqualTo(node);
    assertThat(request.description()).contains("node " + node, "Pod " + pod);
    request.submit();
    JsonNode data =
        objects.list(Resources.CONFIG_MAPS, SmallCluster.NAMESPACE, Map.of()).get(0).path("data");
    assertThat(data.path("node").asText()).isEqualTo(node);
    assertThat(data.path("pod").asText()).isEqualTo(pod);
    assertThat(data.path("podUid").asText()).isEqualTo(uid);
    assertThat(data.path("renewTime").asText())
        .isEqualTo(NodeReader.renewTime(objects.nodeLease(node).orElseThrow()))
        .isNotEmpty();
  }

  @Test
  void the_new_pod_is_on_no_node_yet() {
    delete();
    pod("db-0", "", "Pending");
    assertRequested("node-1", "db-0", "");
    assertThat(request.description()).contains("whose Pod is gone; Pod db-0 waits for it");
  }

  @Test
  void the_new_pod_of_the_same_name_waits_on_another_node() {
    delete();
    pod("db-0", "node-2", "Pending");
    assertRequested("node-1", "db-0", "");
    assertThat(request.description()).doesNotContain("node-2");
  }

  @Test
  void the_old_pod_was_evicted_and_its_object_is_left() {
    pod("db-0", "node-1", "Failed");
    pod("db-1", "node-2", "Pending");
    assertRequested("node-1", "db-1", "");
  }

  @Test
  void a_pod_that_was_evicted_before_names_another_node_and_there_is_no_attachment() {
    detach();
    delete();
    pod("db-0", "node-2", "Failed");
    pod("db-1", "node-1", "Running");
    assertRequested(
        "node-1",
        "db-1",
        objects
            .get(Resources.of(Kind.POD), "shop", "db-1")
            .orElseThrow()
            .path("metadata")
            .path("uid")
            .asText());
  }

  @Test
  void the_volume_is_already_being_attached_to_the_node_of_the_new_pod() {
    detach();
    delete();
    pod("db-0", "node-2", "Pending");
    attachment("csi-1", "node-2", "2026-11-27T01:00:00Z", false);
    attachment("csi-2", "node-1", "2026-11-27T02:00:00Z", true);
    assertRequested("node-1", "db-0", "");
  }

  @Test
  void the_volume_is_attached_to_two_nodes() {
    detach();
    delete();
    pod("db-0", "node-2", "Pending");
    attachment("csi-1", "node-2", "2026-11-27T02:00:00Z", true);
    attachment("csi-2", "node-1", "2026-11-27T01:00:00Z", true);
    assertRequested("node-1", "db-0", "");
  }

  @Test
  void nothing_is_requested_if_only_ended_pods_are_left() {
    pod("db-0", "node-1", "Failed");
    assertThat(request.look().orElseThrow()).contains("attached to node node-1", "no Pod uses");
  }
}
