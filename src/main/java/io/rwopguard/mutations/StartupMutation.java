package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.Container.Role;
import io.rwopguard.model.Json;

/**
 * Adds a startup probe of the same check to a container whose liveness probe was added or
 * tightened. Otherwise a slow start or the recovery of a journal would count as unhealthy. Runs
 * after {@link LivenessMutation}.
 */
public final class StartupMutation implements Mutation {

  private final LivenessTarget target;

  public StartupMutation(LivenessTarget target) {
    this.target = target;
  }

  @Override
  public String id() {
    return "startup";
  }

  @Override
  public String summary() {
    return "for an added or tightened liveness probe, a startup probe with the same check if there is none, with at least %d s to start"
        .formatted(target.startupBudgetSeconds());
  }

  @Override
  public void apply(SingleWriterPod pod, PatchBuilder draft) {
    for (Container container : pod.writers()) {
      JsonNode liveness = draft.at(container.path().field(Probe.LIVENESS));
      boolean changed =
          liveness.isObject() && !liveness.equals(container.json().path(Probe.LIVENESS));
      if (changed
          && container.role() == Role.MAIN
          && Json.isUnset(container.json().path(Probe.STARTUP))) {
        draft.set(container.path(), Probe.STARTUP, startup(container, liveness));
      }
    }
  }

  private ObjectNode startup(Container container, JsonNode liveness) {
    long authors =
        Probe.of(container, Probe.LIVENESS)
            .map(own -> own.initialDelaySeconds() + own.detectionSeconds())
            .orElse(0L);
    long budget = Math.max(target.startupBudgetSeconds(), authors);
    long checks = (budget + target.periodSeconds() - 1) / target.periodSeconds();
    ObjectNode probe = new Probe(container.path().field(Probe.LIVENESS), liveness).sameCheck();
    // a slow start delays no one, so a check with a longer timeout of the author keeps it
    Probe.of(container, Probe.LIVENESS)
        .filter(own -> own.timeoutSeconds() > probe.path("timeoutSeconds").asInt(1))
        .ifPresent(own -> probe.put("timeoutSeconds", own.timeoutSeconds()));
    probe.put("periodSeconds", target.periodSeconds());
    probe.put("failureThreshold", (int) Math.min(checks, Integer.MAX_VALUE));
    return probe;
  }
}
