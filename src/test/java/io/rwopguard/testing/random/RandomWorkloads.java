package io.rwopguard.testing.random;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Objects of every kind that holds a pod template, made up at random from a seed, on the claims of
 * {@link io.rwopguard.testing.manifests.FixtureInventory}. Most of those asked to be valid are so
 * to a real API server.
 */
public final class RandomWorkloads {

  private final RandomSource dice;

  private RandomWorkloads(RandomSource dice) {
    this.dice = dice;
  }

  /** The object of this number. */
  public static ObjectNode of(long seed, int number, boolean valid) {
    return of(RandomSource.of(seed, number, valid));
  }

  /** The object that these dice make up. */
  public static ObjectNode of(RandomSource dice) {
    return new RandomWorkloads(dice).object();
  }

  private ObjectNode object() {
    String kind =
        dice.pick(
            "Pod",
            "Pod",
            "Pod",
            "StatefulSet",
            "StatefulSet",
            "Deployment",
            "Deployment",
            "ReplicaSet",
            "DaemonSet",
            dice.pick("Job", "CronJob", "ReplicationController", "Pod"));
    ObjectNode object = RandomSource.object();
    object.put("apiVersion", apiVersion(kind)).put("kind", kind);
    ObjectNode metadata = object.putObject("metadata").put("name", "random");
    if (dice.percent(50)) {
      metadata.put("namespace", "shop");
    }
    owners(kind, metadata);
    if (!dice.valid() && dice.percent(3)) {
      metadata.put("deletionTimestamp", "2026-01-01T00:00:00Z");
    }
    switch (kind) {
      case "Pod" -> pod(object);
      case "CronJob" -> {
        ObjectNode spec = object.putObject("spec").put("schedule", "@daily");
        job(spec.putObject("jobTemplate").putObject("spec"));
      }
      case "Job" -> job(object.putObject("spec"));
      default -> workload(kind, object.putObject("spec"));
    }
    dice.future(metadata, "annotations", "ownerReferences");
    dice.future(object, "status");
    return object;
  }

  private static String apiVersion(String kind) {
    return switch (kind) {
      case "Pod", "ReplicationController" -> "v1";
      case "Job", "CronJob" -> "batch/v1";
      default -> "apps/v1";
    };
  }

  private void owners(String kind, ObjectNode metadata) {
    if (!dice.percent(kind.equals("Pod") ? 25 : 10)) {
      return;
    }
    String[] owner =
        dice.pick("apps/v1 ReplicaSet", "example.org/v1 Database", "kubevirt.io/v1 VirtualMachine")
            .split(" ", -1);
    ObjectNode reference = metadata.putArray("ownerReferences").addObject();
    reference
        .put("apiVersion", owner[0])
        .put("kind", owner[1] + (owner[1].endsWith("Machine") ? "Instance" : ""))
        .put("name", "owner")
        .put("uid", "c1c9a2c8-0000-4000-8000-000000000001");
    if (dice.percent(80)) {
      reference.put("controller", true);
    }
  }

  private void pod(ObjectNode object) {
    ObjectNode spec =
        new RandomPods(dice)
            .spec(List.of(), "Always", "Always", "Always", "Always", "Never", "OnFailure");
    object.set("spec", spec);
    ObjectNode metadata = (ObjectNode) object.path("metadata");
    new RandomAnnotations(dice).addTo(metadata, spec);
    if (dice.percent(3)) {
      metadata.withObject("/annotations").put("kubernetes.io/config.mirror", "hash");
      spec.put("nodeName", "one");
    }
  }

  private void job(ObjectNode spec) {
    template(spec, List.of(), "Never", "OnFailure");
  }

  private void workload(String kind, ObjectNode spec) {
    if (kind.equals("ReplicationController")) {
      spec.putObject("selector").put("app", "random");
    } else {
      spec.putObject("selector").putObject("matchLabels").put("app", "random");
    }
    if (!kind.equals("DaemonSet") && dice.percent(60)) {
      spec.put("replicas", dice.pick(0, 1, 1, 1, 2, 3, 10));
    }
    List<String> claimTemplates = new ArrayList<>();
    switch (kind) {
      case "Deployment" -> strategy(spec);
      case "StatefulSet" -> {
        spec.put("serviceName", "random");
        if (dice.percent(70)) {
          ArrayNode templates = spec.putArray("volumeClaimTemplates");
          for (int i = dice.below(2); i >= 0; i--) {
            ObjectNode template = templates.addObject();
            template.putObject("metadata").put("name", "data" + i);
            claimSpec(template.putObject("spec"), dice);
            claimTemplates.add("data" + i);
          }
        }
      }
      default -> {}
    }
    template(spec, claimTemplates, "Always");
    dice.future(spec);
  }

  private void strategy(ObjectNode spec) {
    switch (dice.below(5)) {
      case 0, 1 -> {}
      case 2 -> spec.putObject("strategy").put("type", "Recreate");
      case 3 -> spec.putObject("strategy").put("type", "RollingUpdate");
      default -> {
        ObjectNode rolling = spec.putObject("strategy").put("type", "RollingUpdate");
        rolling = rolling.putObject("rollingUpdate");
        limit(rolling, "maxSurge", dice.pick("0", "1", "5", "0%", "10%", "25%", "150%", ""));
        limit(
            rolling,
            "maxUnavailable",
            dice.pick("0", "0", "1", "5", "0%", "1%", "25%", "99%", "100%", ""));
      }
    }
  }

  private static void limit(ObjectNode rolling, String field, String value) {
    if (value.endsWith("%")) {
      rolling.put(field, value);
    } else if (!value.isEmpty()) {
      rolling.put(field, Integer.parseInt(value));
    }
  }

  private void template(ObjectNode in, List<String> claimTemplates, String... restartPolicies) {
    ObjectNode spec = new RandomPods(dice).spec(claimTemplates, restartPolicies);
    ObjectNode template = in.putObject("template");
    ObjectNode metadata = template.putObject("metadata");
    metadata.putObject("labels").put("app", "random");
    new RandomAnnotations(dice).addTo(metadata, spec);
    dice.future(metadata, "annotations", "name");
    template.set("spec", spec);
    dice.future(template);
  }

  /** Fills in what a claim asks for. */
  public static void claimSpec(ObjectNode spec, RandomSource dice) {
    String modes =
        dice.pick("ReadWriteOncePod", "ReadWriteOncePod", "ReadWriteOnce", "ReadWriteMany");
    ArrayNode written = spec.putArray("accessModes").add(modes);
    if (!dice.valid() && dice.percent(10)) {
      written.add("ReadWriteOnce");
    }
    spec.putObject("resources").putObject("requests").put("storage", "1Gi");
    if (dice.percent(50)) {
      spec.put("storageClassName", dice.pick("csi-class", "unfenced-class", "missing", "x"));
    }
  }
}
