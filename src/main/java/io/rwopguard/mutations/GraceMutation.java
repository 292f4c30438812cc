package io.rwopguard.mutations;

import io.rwopguard.workload.Container;
import io.rwopguard.workload.FieldPath;
import io.rwopguard.workload.Json;

/**
 * Lets a sick Pod go at once: no grace period for the Pod, or, where a preStop hook needs it, none
 * to speak of for the liveness probe alone (1 s is the least that the API server accepts there).
 * Runs after {@link LivenessMutation}.
 */
public final class GraceMutation implements Mutation {

  private static final String GRACE = "terminationGracePeriodSeconds";

  @Override
  public String id() {
    return "grace";
  }

  @Override
  public String summary() {
    return "terminationGracePeriodSeconds: 0 for the Pod; where it has a preStop hook, 1 for the liveness probe instead";
  }

  @Override
  public void apply(SingleWriterPod pod, Draft draft) {
    if (!pod.hasPreStopHook()) {
      draft.set(pod.template().specPath(), GRACE, 0);
      return;
    }
    for (Container container : pod.writers()) {
      FieldPath liveness = container.path().field(Probe.LIVENESS);
      // a probe-level period has no default: one that is there was written by somebody
      if (draft.at(liveness).isObject() && Json.isUnset(draft.at(liveness).path(GRACE))) {
        draft.set(liveness, GRACE, 1);
      }
    }
    if (!draft.patch().isEmpty()) {
      draft.warn(
          "a preStop hook needs the Pod's %s, so only the liveness probe's was set, to 1"
              .formatted(GRACE));
    }
  }
}
