package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.FieldPath;

/** Adds a cleanup command to the containers that use the volume, if an annotation names one. */
public final class PreStopMutation implements Mutation {

  @Override
  public String id() {
    return "pre-stop";
  }

  @Override
  public String summary() {
    return "if an annotation gives a command, a preStop hook that runs it, in containers without a"
        + " hook";
  }

  @Override
  public void apply(SingleWriterPod pod, PatchBuilder draft) {
    String command = pod.annotations().preStop().orElse(null);
    if (command == null) {
      return;
    }
    for (Container container : pod.writers()) {
      if (container.role() == Container.Role.MAIN && !container.hasPreStopHook()) {
        FieldPath lifecycle = draft.ensureObject(container.path(), "lifecycle");
        ObjectNode hook = JsonNodeFactory.instance.objectNode();
        hook.putObject("exec").putArray("command").add("sh").add("-c").add(command);
        draft.set(lifecycle, "preStop", hook);
      }
    }
  }
}
