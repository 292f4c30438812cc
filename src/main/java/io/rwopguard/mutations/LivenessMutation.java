package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.Container;
import io.rwopguard.workload.Container.Role;
import io.rwopguard.workload.FieldPath;
import io.rwopguard.workload.Json;
import io.rwopguard.workload.PodAnnotations;
import java.util.List;
import java.util.Optional;

/**
 * Sees to it that a container that uses the volume has a liveness probe that notices within the
 * target. A probe that is there keeps its check and only becomes quicker; one is added only from
 * what the author says of the container elsewhere.
 */
public final class LivenessMutation implements Mutation {

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
    return "a liveness probe that notices within %d s: what an annotation says; else the container's own, tightened where it is slower; else the startup probe's check; else a TCP check of the first TCP port"
        .formatted(target.detectionSeconds());
  }

  @Override
  public void apply(SingleWriterPod pod, Draft draft) {
    for (Container container : pod.writers()) {
      if (pod.annotations().leavesLivenessAlone(container.name())) {
        continue;
      }
      Optional<Probe> own = Probe.of(container, Probe.LIVENESS);
      Optional<ObjectNode> asked =
          pod.annotations()
              .livenessOf(container.name())
              .filter(check -> container.role() == Role.MAIN)
              .filter(check -> !own.map(probe -> probe.checks(check)).orElse(false));
      if (asked.isPresent()) {
        draft.set(container.path(), Probe.LIVENESS, target.timed(asked.get()));
      } else if (own.isPresent()) {
        tighten(container, own.get(), draft);
      } else if (container.role() == Role.MAIN && !isAddedAlready(container, draft)) {
        add(container, pod.annotations().livenessFromReadiness(), draft);
      }
    }
  }

  private static boolean isAddedAlready(Container container, Draft draft) {
    return draft.at(container.path().field(Probe.LIVENESS)).isObject();
  }

  private void tighten(Container container, Probe own, Draft draft) {
    long before = own.detectionSeconds();
    if (before <= target.detectionSeconds()) {
      return;
    }
    draft.set(own.path(), "periodSeconds", target.periodSeconds());
    draft.set(own.path(), "failureThreshold", target.failureThreshold());
    if (own.timeoutSeconds() > target.timeoutSeconds()) {
      draft.set(own.path(), "timeoutSeconds", target.timeoutSeconds());
      draft.warn(
          "container %s: its liveness probe waits %d s for an answer now, not %d; if that is too short, name a quicker check by the annotation %s"
              .formatted(
                  container.name(),
                  target.timeoutSeconds(),
                  own.timeoutSeconds(),
                  PodAnnotations.LIVENESS));
    }
    if (container.role() == Role.NATIVE_SIDECAR && Probe.of(container, Probe.STARTUP).isEmpty()) {
      // it gets no startup probe, which would hold up the containers after it, so the time it had
      // to start moves here
      long delay = own.initialDelaySeconds() + before - target.detectionSeconds();
      draft.set(own.path(), "initialDelaySeconds", Math.min(delay, Integer.MAX_VALUE));
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
          "container %s: no liveness probe was added, nothing says how to check it; write a livenessProbe, or the annotation %s: tcp:PORT on the pod template"
              .formatted(container.name(), PodAnnotations.LIVENESS));
      return;
    }
    draft.set(container.path(), Probe.LIVENESS, target.timed(check.get()));
  }

  private static Optional<ObjectNode> tcpCheck(Container container) {
    List<JsonNode> ports = Json.objects(container.json(), container.path(), "ports");
    for (int i = 0; i < ports.size(); i++) {
      FieldPath path = container.path().field("ports").index(i);
      int port = Json.integer(ports.get(i), path, "containerPort", 0);
      if (Json.text(ports.get(i), path, "protocol").orElse("TCP").equals("TCP") && port > 0) {
        ObjectNode check = JsonNodeFactory.instance.objectNode();
        check.putObject("tcpSocket").put("port", port);
        return Optional.of(check);
      }
    }
    return Optional.empty();
  }
}
