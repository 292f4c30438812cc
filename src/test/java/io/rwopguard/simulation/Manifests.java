package io.rwopguard.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

/** The objects that a simulated cluster begins with. */
final class Manifests {

  private Manifests() {}

  static void create(World world) {
    for (String namespace : new String[] {World.OPTED_IN, "other", "kube-system"}) {
      ObjectNode object = named("v1", "Namespace", "", namespace);
      if (namespace.equals(World.OPTED_IN)) {
        object.withObject("/metadata/labels").put("rwop-guard.io/failover", "enabled");
      }
      world.api.create(SimulatedApiServer.NAMESPACES, object);
    }
    for (int i = 0; i < world.scenario.nodes; i++) {
      world.addMachine();
    }
    Set<String> drivers = new HashSet<>();
    for (Volume volume : world.volumes) {
      if (drivers.add(volume.driver.name())) {
        ObjectNode driver = named("storage.k8s.io/v1", "CSIDriver", "", volume.driver.name());
        driver.withObject("/spec").put("attachRequired", volume.driver.attaches());
        world.api.create(SimulatedApiServer.DRIVERS, driver);
      }
    }
    for (Workload workload : world.workloads) {
      for (Volume volume : workload.volumes) {
        if (world.api.get(SimulatedApiServer.CLAIMS, volume.claim) == null) {
          volume(world, workload, volume);
        }
      }
      world.api.create(workload.type(), workload(workload));
    }
  }

  private static ObjectNode named(String version, String kind, String namespace, String name) {
    ObjectNode object = Json.object();
    object.put("apiVersion", version).put("kind", kind);
    ObjectNode metadata = object.withObject("/metadata").put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    return object;
  }

  static ObjectNode node(Machine machine) {
    ObjectNode node = named("v1", "Node", "", machine.name);
    node.withObject("/metadata/labels").put("kubernetes.io/hostname", machine.name);
    node.withObject("/spec");
    ObjectNode status = node.withObject("/status");
    status
        .withArray("addresses")
        .addObject()
        .put("type", "InternalIP")
        .put("address", machine.address());
    status.withObject("/nodeInfo").put("bootID", machine.boot());
    Json.ready(node, "True");
    return node;
  }

  static void volume(World world, Workload workload, Volume volume) {
    String mode = volume.exclusive ? "ReadWriteOncePod" : "ReadWriteOnce";
    String claimName = volume.claim.substring(volume.claim.indexOf('/') + 1);
    ObjectNode claim = named("v1", "PersistentVolumeClaim", workload.namespace, claimName);
    claim.withObject("/metadata").withArray("finalizers").add("kubernetes.io/pvc-protection");
    ObjectNode spec = claim.withObject("/spec").put("volumeName", "pv-" + volume.handle);
    spec.put("storageClassName", "class-" + volume.driver.name())
        .withArray("accessModes")
        .add(mode);
    claim.withObject("/status").put("phase", "Bound");
    world.api.create(SimulatedApiServer.CLAIMS, claim);
    ObjectNode object = named("v1", "PersistentVolume", "", "pv-" + volume.handle);
    ObjectNode pv = object.withObject("/spec");
    pv.withArray("accessModes").add(mode);
    pv.put("storageClassName", "class-" + volume.driver.name());
    pv.withObject("/csi").put("driver", volume.driver.name()).put("volumeHandle", volume.handle);
    pv.withObject("/claimRef").put("namespace", workload.namespace).put("name", claimName);
    if (!workload.nodes.isEmpty()) {
      ObjectNode term =
          pv.withObject("/nodeAffinity/required")
              .withArray("nodeSelectorTerms")
              .addObject()
              .withArray("matchExpressions")
              .addObject();
      term.put("key", "kubernetes.io/hostname").put("operator", "In");
      workload.nodes.stream().sorted().forEach(node -> term.withArray("values").add(node));
    }
    world.api.create(SimulatedApiServer.VOLUMES, object);
  }

  static ObjectNode workload(Workload workload) {
    String kind = workload.set ? "StatefulSet" : "ReplicaSet";
    ObjectNode object = named("apps/v1", kind, workload.namespace, workload.name);
    if (workload.optedOut) {
      object.withObject("/metadata/annotations").put("rwop-guard.io/failover", "disabled");
    }
    ObjectNode spec = object.withObject("/spec").put("replicas", 1);
    if (workload.set) {
      spec.put("serviceName", workload.name);
    }
    spec.withObject("/template").set("spec", podSpec(workload));
    return object;
  }

  private static ObjectNode podSpec(Workload workload) {
    ObjectNode spec = Json.object();
    spec.put("terminationGracePeriodSeconds", workload.graceSeconds);
    spec.withArray("containers").addObject().put("name", "db").put("image", "db");
    for (Volume volume : workload.volumes) {
      String claim = volume.claim.substring(volume.claim.indexOf('/') + 1);
      spec.withArray("volumes")
          .addObject()
          .put("name", claim)
          .withObject("/persistentVolumeClaim")
          .put("claimName", claim);
    }
    for (String taint : new String[] {"not-ready", "unreachable"}) {
      spec.withArray("tolerations")
          .addObject()
          .put("key", "node.kubernetes.io/" + taint)
          .put("operator", "Exists")
          .put("effect", "NoExecute")
          .put("tolerationSeconds", workload.tolerationSeconds);
    }
    return spec;
  }

  static ObjectNode pod(World world, Workload workload, String suffix, String node) {
    JsonNode owner = world.api.get(workload.type(), workload.key());
    ObjectNode pod = named("v1", "Pod", workload.namespace, workload.name + "-" + suffix);
    pod.withObject("/metadata")
        .withArray("ownerReferences")
        .addObject()
        .put("apiVersion", "apps/v1")
        .put("kind", owner.path("kind").asText())
        .put("name", workload.name)
        .put("uid", Json.uid(owner))
        .put("controller", true);
    pod.set("spec", podSpec(workload));
    pod.withObject("/status").put("phase", "Running");
    if (!node.isEmpty()) {
      pod.withObject("/spec").put("nodeName", node);
      pod.withObject("/status").put("podIP", "10.1.0." + workload.name);
    }
    return pod;
  }

  /** k8s.io/kubernetes pkg/volume/csi/csi_attacher.go: getAttachmentName. */
  static String attachmentName(Volume volume, String node) {
    try {
      byte[] text = (volume.handle + volume.driver.name() + node).getBytes(StandardCharsets.UTF_8);
      return "csi-" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
