package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.Container;
import io.rwopguard.workload.Container.Role;
import io.rwopguard.workload.PodAnnotations;
import io.rwopguard.workload.PodTemplate;
import java.util.Optional;

/**
 * Sees to it that a container that uses the volume has a liveness probe that notices within the
 * target. A probe that is there keeps its check and only becomes quicker; one is added only from
 * what the author says of the container elsewhere.
 */
public final class LivenessMutation implements Mutation {

  private final LivenessTarget target;
  private final boolean addsStartup;

  /**
   * Aims at this target.
   *
   * @param addsStartup whether {@link StartupMutation} is on
   */
  public LivenessMutation(LivenessTarget target, boolean addsStartup) {
    this.target = target;
    this.addsStartup = addsStartup;
  }

  @Override
  public String id() {
    return "liveness";
  }

  @Override
  public String summary() {
    return "a liveness probe that notices within %d s: what an annotation says; else the container's own, tightened where it is slower; else the startup probe's check; else a TCP check of the engine's port, or of the first"
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
        tighten(container, pod.template(), own.get(), draft);
      } else if (container.role() == Role.MAIN && !isAddedAlready(container, draft)) {
        add(container, pod.template(), pod.annotations().livenessFromReadiness(), draft);
      }
    }
  }

  private static boolean isAddedAlready(Container container, Draft draft) {
    return draft.at(container.path().field(Probe.LIVENESS)).isObject();
  }

  private void tighten(Container container, PodTemplate template, Probe own, Draft draft) {
    LivenessTarget wanted = target.of(container, template);
    unwatched(container, own, wanted, draft);
    long before = own.detectionSeconds();
    if (before <= wanted.detectionSeconds()) {
      return;
    }
    draft.set(own.path(), "periodSeconds", wanted.periodSeconds());
    draft.set(own.path(), "failureThreshold", wanted.failureThreshold());
    if (own.timeoutSeconds() > wanted.timeoutSeconds()) {
      draft.set(own.path(), "timeoutSeconds", wanted.timeoutSeconds());
      draft.warn(
          "container %s: its liveness probe waits %d s for an answer now, not %d; if that is too short, name a quicker check by the annotation %s"
              .formatted(
                  container.name(),
                  wanted.timeoutSeconds(),
                  own.timeoutSeconds(),
                  PodAnnotations.LIVENESS));
    }
    if (container.role() == Role.NATIVE_SIDECAR && Probe.of(container, Probe.STARTUP).isEmpty()) {
      // it gets no startup probe, which would hold up the containers after it, so the time it had
      // to start moves here
      long delay = own.initialDelaySeconds() + before - wanted.detectionSeconds();
      draft.set(own.path(), "initialDelaySeconds", Math.min(delay, Integer.MAX_VALUE));
    }
  }

  /**
   * A startup probe of the same check waits for the start, whether it is there or comes with this
   * edit: a delay beside it only leaves the container unwatched.
   */
  private void unwatched(Container container, Probe own, LivenessTarget wanted, Draft draft) {
    if (container.role() != Role.MAIN || own.initialDelaySeconds() <= wanted.detectionSeconds()) {
      return;
    }
    Optional<Probe> startup = Probe.of(container, Probe.STARTUP);
    if (startup.map(probe -> probe.checks(own.json())).orElse(addsStartup)) {
      draft.set(own.path(), "initialDelaySeconds", 0);
    } else if (startup.isPresent()) {
      draft.warn(
          "container %s: its liveness probe does not ask for %d s after a start; shorten initialDelaySeconds, since the startup probe waits for the start"
              .formatted(container.name(), own.initialDelaySeconds()));
    }
  }

  private void add(Container container, PodTemplate template, boolean fromReadiness, Draft draft) {
    Optional<Probe> readiness =
        fromReadiness ? Probe.of(container, Probe.READINESS) : Optional.empty();
    Optional<ObjectNode> own =
        readiness
            .or(() -> Probe.of(container, Probe.STARTUP))
            .filter(probe -> !probe.asksAnotherHost())
            .map(Probe::sameCheck);
    if (own.isPresent()) {
      draft.set(container.path(), Probe.LIVENESS, target.of(container, template).timed(own.get()));
      return;
    }
    TcpChecks.Answer answer = TcpChecks.of(container, template);
    if (answer.check().isPresent()) {
      draft.set(
          container.path(),
          Probe.LIVENESS,
          target.of(container, template).timed(answer.check().get()));
    } else {
      draft.warn(
          "container %s: no liveness probe was added, %s; %s"
              .formatted(container.name(), answer.why(), answer.advice()));
    }
  }
}
