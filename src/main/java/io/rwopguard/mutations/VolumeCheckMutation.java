package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.Json;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.model.PodTemplate;
import java.util.Optional;

/**
 * Adds a check that treats a container as unhealthy when its volume is, if an annotation asks for
 * it. The page cache may answer a read of a file, but not a write that waits for the storage.
 * Neither check needs a shell, only {@code cat} or {@code dd}.
 */
public final class VolumeCheckMutation implements Mutation {

  private final LivenessTarget target;
  private final StorageFailoverTime patience;

  VolumeCheckMutation(LivenessTarget target, StorageFailoverTime patience) {
    this.target = target;
    this.patience = patience;
  }

  @Override
  public String id() {
    return "volume-check";
  }

  @Override
  public String summary() {
    return "if an annotation names a file, a liveness probe that reads it from the volume, or"
        + " writes it there and waits for the storage; it fails for longer than the storage needs"
        + " to fail over before the container is restarted";
  }

  @Override
  public void apply(SingleWriterPod pod, PatchBuilder draft) {
    PodAnnotations annotations = pod.annotations();
    boolean asked =
        annotations.healthcheckWrite().isPresent() || annotations.healthcheckFile().isPresent();
    for (Container container : pod.writers()) {
      if (asked
          && container.role() == Container.Role.MAIN
          && !annotations.leavesLivenessAlone(container.name())) {
        check(container, pod, draft);
      }
    }
  }

  private void check(Container container, SingleWriterPod pod, PatchBuilder draft) {
    ArrayNode command = command(container, pod).orElse(null);
    if (command == null) {
      draft.warn(
          "container %s: its volume cannot be checked by a file, since it is not mounted as a"
                  .formatted(container.name())
              + " file system, or is read-only; remove the annotation or mount the volume read-write");
      return;
    }
    JsonNode own = container.json().path(Probe.LIVENESS);
    if (own.path("exec").path("command").equals(command)) {
      return;
    }
    if (!Json.isUnset(own) || pod.annotations().livenessOf(container.name()).isPresent()) {
      draft.warn(
          "container %s: it already has a liveness check, so its volume is not checked; make \"%s\""
                  .formatted(container.name(), words(command))
              + " part of that check");
      return;
    }
    ObjectNode probe = JsonNodeFactory.instance.objectNode();
    probe.putObject("exec").set("command", command);
    draft.set(container.path(), Probe.LIVENESS, patience.of(target, probe, pod).timed(probe));
  }

  private static Optional<ArrayNode> command(Container container, SingleWriterPod pod) {
    for (JsonNode mount : container.json().path("volumeMounts")) {
      if (pod.volumes().contains(mount.path("name").asText())) {
        boolean readOnly =
            mount.path("readOnly").asBoolean() || isReadOnly(mount.path("name"), pod.template());
        return command(mount, readOnly, pod.annotations());
      }
    }
    return Optional.empty();
  }

  private static boolean isReadOnly(JsonNode name, PodTemplate template) {
    for (JsonNode volume : template.spec().path("volumes")) {
      if (volume.path("name").equals(name)) {
        return volume.path("persistentVolumeClaim").path("readOnly").asBoolean();
      }
    }
    return false;
  }

  private static Optional<ArrayNode> command(
      JsonNode mount, boolean readOnly, PodAnnotations annotations) {
    String directory = mount.path("mountPath").asText().replaceFirst("/$", "") + "/";
    ArrayNode command = JsonNodeFactory.instance.arrayNode();
    if (annotations.healthcheckWrite().isEmpty()) {
      return Optional.of(
          command.add("cat").add(directory + annotations.healthcheckFile().orElseThrow()));
    }
    if (readOnly) {
      return Optional.empty();
    }
    return Optional.of(
        command
            .add("dd")
            .add("if=/dev/zero")
            .add("of=" + directory + annotations.healthcheckWrite().get())
            .add("bs=1")
            .add("count=1")
            .add("conv=fsync"));
  }

  private static String words(ArrayNode command) {
    StringBuilder words = new StringBuilder();
    command.forEach(word -> words.append(words.isEmpty() ? "" : " ").append(word.asText()));
    return words.toString();
  }
}
