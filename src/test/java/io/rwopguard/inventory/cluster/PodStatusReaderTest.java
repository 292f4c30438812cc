package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.PodStatus;
import io.rwopguard.model.Kind;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodStatusReaderTest {

  private static Optional<PodStatus> place(String nodeName, String container) {
    JsonNode pod =
        Serialization.unmarshal(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: db-0, namespace: shop, uid: u}
            spec:
              nodeName: "%s"
              containers: [{name: db}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
            status:
              phase: Running
              podIP: 10.1.0.1
              conditions: [{type: Ready, status: "True"}]
              containerStatuses: [%s]
            """
                .formatted(nodeName, container),
            JsonNode.class);
    return ClusterObjects.claimUser(Kind.POD, pod).flatMap(ClaimConsumer::place);
  }

  @Test
  void a_pod_without_a_node_has_no_place() {
    assertThat(place("", "{}")).isEmpty();
  }

  @Test
  void says_where_a_pod_runs_and_how_it_is() {
    assertThat(place("node-1", "{}"))
        .contains(new PodStatus("u", "node-1", false, false, true, false, "10.1.0.1"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{restartCount: 5, state: {waiting: {reason: CrashLoopBackOff}}} | true",
        "{restartCount: 2, state: {terminated: {exitCode: 1}}} | true",
        "{restartCount: 1, state: {terminated: {exitCode: 1}}} | false",
        "{restartCount: 9, state: {terminated: {exitCode: 0}}} | false",
        "{restartCount: 9, state: {running: {}}} | false",
        "{restartCount: 0, state: {waiting: {reason: ContainerCreating}}} | false",
        "{} | false"
      })
  void a_container_that_ends_again_and_again_is_failing(String container, boolean failing) {
    assertThat(place("node-1", container).map(PodStatus::failing)).contains(failing);
  }
}
