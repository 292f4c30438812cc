package io.rwopguard.failover.eligibility;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Finds the volumes that a Pod names in place, without a claim (k8s.io/api core/v1 VolumeSource). A
 * type that is not known to end with the node or the Pod counts as shared storage.
 */
final class InlineVolumes {

  /** The types that end with the Pod or its node, or that no Pod writes to. */
  private static final Set<String> OF_THE_NODE =
      Set.of(
          "configMap",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "gitRepo",
          "hostPath",
          "image",
          "persistentVolumeClaim",
          "projected",
          "secret");

  private InlineVolumes() {}

  /** Returns the names of the volumes that an old instance could still write to. */
  static List<String> shared(JsonNode spec) {
    List<String> shared = new ArrayList<>();
    for (JsonNode volume : spec.path("volumes")) {
      volume
          .properties()
          .forEach(
              source -> {
                if (source.getValue().isObject()
                    && !OF_THE_NODE.contains(source.getKey())
                    && !source.getValue().path("readOnly").asBoolean()
                    && !PodFactsReader.isMountedReadOnly(spec, volume)) {
                  shared.add(
                      "volume %s (%s)".formatted(volume.path("name").asText(), source.getKey()));
                }
              });
    }
    return shared;
  }
}
