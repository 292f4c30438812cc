package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.Container;
import io.rwopguard.workload.Container.Role;
import io.rwopguard.workload.FieldPath;
import io.rwopguard.workload.Json;
import java.util.List;
import java.util.Optional;

/**
 * Sees to it that a container that uses the volume has a liveness probe that notices within the
 * target. A probe that is there keeps its check and only becomes quicker; one is added only from
 * what the author says of the container elsewhere.
 */
public final class LivenessMutation implements Mutation {

  /**
   * On the pod template: names the probe to take the check from where there is no liveness probe.
   */
  public static final String LIVENESS_FROM = "rwop-guard.io/liveness-from";

  /** Enough for a TCP connection whose first packet was lost: it is sent again after one second. */
  private static final int TCP_TIMEOUT_SECONDS = 3;

  private final LivenessTarget target;

  public LivenessMutation(LivenessTarget target) {
    this.target = target;
  }

  @Override
  public String id() {
    return "liveness";
  }

  @Override
  public String summary() {
    return "a liveness probe that notices within %d s: the container's own, tightened where it is slower; else the startup probe's check; else a TCP check of the first TCP port"
        .formatted(target.detectionSeconds());
  }

  @Override
  public void apply(SingleWriterPod pod, Draft draft) {
    boolean fromReadiness = takesReadiness(pod, draft);
    for (Container container : pod.writers()) {
      Optional<Probe> own = Probe.of(container, Probe.LIVENESS);
      if (own.isPresent()) {
        tighten(container, own.get(), draft);
      } else if (container.role() == Role.MAIN) {
        add(container, fromReadiness, draft);
      }
    }
  }

  private boolean takesReadiness(SingleWriterPod pod, Draft draft) {
    String value = pod.template().annotations().get(LIVENESS_FROM);
    if (value != null && !value.equals("readiness")) {
      draft.warn(
          "annotation %s: \"%s\" is not known; write \"readiness\" or remove it"
              .formatted(LIVENESS_FROM, value));
    }
    return "readiness".equals(value);
  }

  private void tighten(Container container, Probe own, Draft draft) {
    long before = own.detectionSeconds();
    if (before <= target.detectionSeconds()) {
      return;
    }
    draft.set(own.path(), "periodSeconds", target.periodSeconds());
    draft.set(own.path(), "failureThreshold", target.failureThreshold());
    if (container.role() == Role.NATIVE_SIDECAR && Probe.of(container, Probe.STARTUP).isEmpty()) {
      // it gets no startup probe, which would hold up the containers after it, so the time it had
      // to start moves here
      long delay = own.initialDelaySeconds() + before - target.detectionSeconds();
      draft.set(own.path(), "initialDelaySeconds", (int) Math.min(delay, Integer.MAX_VALUE));
    }
  }

  private void add(Container container, boolean fromReadiness, Draft draft) {
    Optional<Probe> readiness =
        fromReadiness ? Probe.of(container, Probe.READINESS) : Optional.empty();
    Optional<ObjectNode> check =
        readiness
            .or(() -> Probe.of(container, Probe.STARTUP))
            .filter(probe -> !probe.asksAnotherHost())
            .map(Probe::sameCheck)
            .or(() -> tcpCheck(container));
    if (check.isEmpty()) {
      draft.warn(
          "container %s: no liveness probe was added, nothing says how to check it; write a livenessProbe"
              .formatted(container.name()));
      return;
    }
    ObjectNode probe = check.get();
    probe.put("periodSeconds", target.periodSeconds());
    probe.put("failureThreshold", target.failureThreshold());
    draft.set(container.path(), Probe.LIVENESS, probe);
  }

  private static Optional<ObjectNode> tcpCheck(Container container) {
    List<JsonNode> ports = Json.objects(container.json(), container.path(), "ports");
    for (int i = 0; i < ports.size(); i++) {
      FieldPath path = container.path().field("ports").index(i);
      int port = Json.integer(ports.get(i), path, "containerPort", 0);
      if (Json.text(ports.get(i), path, "protocol").orElse("TCP").equals("TCP") && port > 0) {
        ObjectNode check = JsonNodeFactory.instance.objectNode();
        check.putObject("tcpSocket").put("port", port);
        return Optional.of(check.put("timeoutSeconds", TCP_TIMEOUT_SECONDS));
      }
    }
    return Optional.empty();
  }
}
