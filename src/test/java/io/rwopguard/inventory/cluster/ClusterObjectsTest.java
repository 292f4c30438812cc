package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.WatchEvent;
import org.junit.jupiter.api.Test;

class ClusterObjectsTest {

  @Test
  void reads_the_object_of_a_watch_event_as_a_tree() {
    WatchEvent event =
        event(
            """
            {"type": "ADDED", "object": {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": "db"}, "spec": {"invented": "later"}}}
            """);

    assertThat(event.getObject())
        .isInstanceOfSatisfying(
            GenericKubernetesResource.class,
            pod -> assertThat(pod.<String>get("spec", "invented")).isEqualTo("later"));
  }

  @Test
  void still_knows_the_status_that_ends_a_watch_which_has_fallen_behind() {
    WatchEvent event =
        event(
            """
            {"type": "ERROR", "object": {"apiVersion": "v1", "kind": "Status", "code": 410}}
            """);

    assertThat(event.getObject())
        .isInstanceOfSatisfying(
            Status.class, status -> assertThat(status.getCode()).isEqualTo(410));
  }

  private static WatchEvent event(String json) {
    return ClusterObjects.serialization().unmarshal(json, WatchEvent.class);
  }
}
