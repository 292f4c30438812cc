package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.PodAnnotations;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An object as a second reader sees it, who shares no code with the service. It has the template,
 * its ReadWriteOncePod volumes, and who writes to them.
 *
 * @param pointer path of the template in the object
 */
record PodView(JsonNode object, String pointer, JsonNode template, Set<String> exclusive) {

  private static final Set<String> EXCLUSIVE_CLAIMS =
      Set.of(
          "exclusive",
          "fenced",
          "unfenced",
          "unfenced-unbound",
          "busy",
          "taken",
          "contested",
          "half-migrated");

  static PodView of(JsonNode object) {
    String pointer =
        switch (object.path("kind").asText()) {
          case "Pod" -> "";
          case "CronJob" -> "/spec/jobTemplate/spec/template";
          default -> "/spec/template";
        };
    JsonNode template = object.at(pointer);
    Set<String> exclusive = new HashSet<>();
    for (JsonNode volume : template.path("spec").path("volumes")) {
      JsonNode claim = volume.path("ephemeral").path("volumeClaimTemplate").path("spec");
      String named = volume.path("persistentVolumeClaim").path("claimName").asText();
      if (EXCLUSIVE_CLAIMS.contains(named) || isExclusive(claim)) {
        exclusive.add(volume.path("name").asText());
      }
    }
    for (JsonNode claim : object.path("spec").path("volumeClaimTemplates")) {
      String name = claim.path("metadata").path("name").asText();
      exclusive.remove(name);
      if (isExclusive(claim.path("spec"))) {
        exclusive.add(name);
      }
    }
    return new PodView(object, pointer, template, exclusive);
  }

  private static boolean isExclusive(JsonNode claim) {
    JsonNode modes = claim.path("accessModes");
    return modes.size() == 1 && modes.path(0).asText().equals("ReadWriteOncePod");
  }

  JsonNode spec() {
    return template.path("spec");
  }

  long grace() {
    return spec().path("terminationGracePeriodSeconds").asLong(30);
  }

  Optional<String> annotation(String name) {
    return Optional.ofNullable(template.path("metadata").path("annotations").get(name))
        .map(JsonNode::asText);
  }

  /** Returns whether anything of this object may be changed. */
  boolean mayChange() {
    JsonNode metadata = object.path("metadata");
    JsonNode owner = metadata.path("ownerReferences").path(0);
    boolean controlled = owner.path("controller").asBoolean();
    boolean freed =
        switch (object.path("kind").asText()) {
          case "Pod" ->
              !controlled || !owner.path("kind").asText().equals("VirtualMachineInstance");
          case "StatefulSet", "Deployment", "ReplicaSet", "DaemonSet" -> !controlled;
          default -> false;
        };
    return freed
        && !exclusive.isEmpty()
        && !metadata.hasNonNull("deletionTimestamp")
        && spec().path("restartPolicy").asText("Always").equals("Always")
        && annotation("kubernetes.io/config.mirror").isEmpty()
        && !annotation(PodAnnotations.MUTATE).equals(Optional.of("disabled"));
  }

  List<JsonNode> containers(String field) {
    List<JsonNode> containers = new ArrayList<>();
    spec().path(field).forEach(containers::add);
    return containers;
  }

  boolean mountsExclusive(JsonNode container) {
    for (String field : List.of("volumeMounts", "volumeDevices")) {
      for (JsonNode mount : container.path(field)) {
        if (exclusive.contains(mount.path("name").asText())) {
          return true;
        }
      }
    }
    return false;
  }

  /** Returns the seconds until a probe with the API server's defaults acts. */
  static long detection(JsonNode probe) {
    long period = Math.max(orDefault(probe, "periodSeconds", 10), timeout(probe));
    return period * orDefault(probe, "failureThreshold", 3);
  }

  static int timeout(JsonNode probe) {
    return orDefault(probe, "timeoutSeconds", 1);
  }

  static int orDefault(JsonNode probe, String field, int otherwise) {
    int value = probe.path(field).asInt(otherwise);
    return value == 0 ? otherwise : value;
  }
}
