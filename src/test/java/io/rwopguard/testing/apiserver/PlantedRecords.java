package io.rwopguard.testing.apiserver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;

/**
 * Writes records of failovers that no controller has started into the controllers' namespace. A
 * restored backup brings such records, and so does a person who may create ConfigMaps there.
 */
public final class PlantedRecords {

  private static final JsonMapper JSON = new JsonMapper();

  private PlantedRecords() {}

  /**
   * Writes the record of a failover of this Pod that was just started, with the word of an operator
   * in place of the second sign. Everything in it is true but that.
   *
   * @param namespace the controllers' own
   * @return the ConfigMap as the API server stored it
   */
  public static ConfigMap plant(KubernetesClient client, String namespace, Pod pod)
      throws JsonProcessingException {
    String uid = pod.getMetadata().getUid();
    String node = pod.getSpec().getNodeName();
    String claim = "data-" + pod.getMetadata().getName();
    ObjectNode record = JSON.createObjectNode();
    record
        .put("key", uid)
        .put("namespace", pod.getMetadata().getNamespace())
        .put("pod", pod.getMetadata().getName())
        .put("podUid", uid)
        .put("node", node)
        .put("nodeUid", client.nodes().withName(node).get().getMetadata().getUid())
        .put("bootId", "")
        .put("renewTime", renewTime(client, node))
        .put("controller", "StatefulSet/" + pod.getMetadata().getOwnerReferences().get(0).getName())
        .put("requestedBy", "jane");
    record
        .putArray("claims")
        .addObject()
        .put("name", claim)
        .put(
            "uid",
            client
                .persistentVolumeClaims()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(claim)
                .get()
                .getMetadata()
                .getUid());
    record.putArray("sharedClaims");
    record.putObject("times").put("decided", Instant.now().toString());
    return client
        .configMaps()
        .inNamespace(namespace)
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("rwop-guard-failover-" + uid)
                .addToLabels("app.kubernetes.io/managed-by", "rwop-guard")
                .addToLabels("rwop-guard.io/record", "failover")
                .endMetadata()
                .addToData("schema", "1")
                .addToData("epoch", "1")
                .addToData(
                    "cluster",
                    client.namespaces().withName("kube-system").get().getMetadata().getUid())
                .addToData("record", record.toString())
                .build())
        .create();
  }

  private static String renewTime(KubernetesClient client, String node)
      throws JsonProcessingException {
    String lease =
        client.raw("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/" + node);
    return JSON.readTree(lease).at("/spec/renewTime").asText();
  }

  /** Returns what a ConfigMap says of its failover. */
  public static JsonNode read(ConfigMap map) throws JsonProcessingException {
    return JSON.readTree(map.getData().get("record"));
  }

  /** Creates an object of a backup again, which then has another UID and version. */
  public static ConfigMap restore(
      KubernetesClient client, ConfigMap old, String name, String record) {
    return client
        .configMaps()
        .inNamespace(old.getMetadata().getNamespace())
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(old.getMetadata().getLabels())
                .endMetadata()
                .withData(old.getData())
                .addToData("record", record)
                .build())
        .create();
  }
}
