package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.Container.Role;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.model.PodTemplate;
import java.util.Optional;

/**
 * Ensures that a container that uses the volume has a liveness probe that detects a failure within
 * the target. An existing probe keeps its check and only becomes faster. A new one is added only
 * from what the author wrote elsewhere about the container.
 */
public final class LivenessMutation implements Mutation {

  private final LivenessTarget target;
  private final StorageFailoverTime patience;
  private final boolean addsStartup;

  /**
   * Creates the mutation with this target.
   *
   * @param addsStartup whether {@link StartupMutation} is on
   */
  LivenessMutation(LivenessTarget target, StorageFailoverTime patience, boolean addsStartup) {
    this.target = target;
    this.patience = patience;
    this.addsStartup = addsStartup;
  }

  @Override
  public String id() {
    return "liveness";
  }

  @Override
  public String summary() {
    return "a liveness probe that detects a failure within %d s: the check of an annotation; otherwise the container's own, tightened if it is slower; otherwise the startup probe's check; otherwise a TCP check of the engine's port, or of the first"
        .formatted(target.detectionSeconds());
  }

  @Override
  public void apply(SingleWriterPod pod, PatchBuilder draft) {
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
        draft.set(
            container.path(),
            Probe.LIVENESS,
            touching(target, asked.get(), container, pod).timed(asked.get()));
      } else if (own.isPresent()) {
        tighten(container, pod, own.get(), draft);
      } else if (container.role() == Role.MAIN && !isAddedAlready(container, draft)) {
        add(container, pod, draft);
      }
    }
  }

  private static boolean isAddedAlready(Container container, PatchBuilder draft) {
    return draft.at(container.path().field(Probe.LIVENESS)).isObject();
  }

  /**
   * Returns the target for this check. A check that waits for the storage also gets the storage's
   * own time.
   */
  private LivenessTarget touching(
      LivenessTarget wanted, JsonNode check, Container container, SingleWriterPod pod) {
    return StorageFailoverTime.touches(check, container, pod)
        ? patience.of(wanted, check, pod)
        : wanted;
  }

  private void tighten(Container container, SingleWriterPod pod, Probe own, PatchBuilder draft) {
    LivenessTarget quick = target.of(container, pod.template());
    LivenessTarget wanted = touching(quick, own.json(), container, pod);
    unwatched(container, own, wanted, draft);
    long before = own.detectionSeconds();
    warnOfStall(container, pod, own, wanted, draft);
    if (before <= wanted.detectionSeconds()) {
      return;
    }
    draft.set(own.path(), "periodSeconds", wanted.periodSeconds());
    draft.set(own.path(), "failureThreshold", wanted.failureThreshold());
    if (own.timeoutSeconds() > wanted.timeoutSeconds()) {
      draft.set(own.path(), "timeoutSeconds", wanted.timeoutSeconds());
      draft.warn(
          "container %s: the timeout of its liveness probe is now %d s instead of %d; if that is too short, set a faster check with the annotation %s"
              .formatted(
                  container.name(),
                  wanted.timeoutSeconds(),
                  own.timeoutSeconds(),
                  PodAnnotations.LIVENESS));
    }
    if (container.role() == Role.NATIVE_SIDECAR && Probe.of(container, Probe.STARTUP).isEmpty()) {
      // it gets no startup probe, which would delay the containers after it, so the delay here
      // grows by the time it had to start
      long delay = own.initialDelaySeconds() + before - wanted.detectionSeconds();
      draft.set(own.path(), "initialDelaySeconds", Math.min(delay, Integer.MAX_VALUE));
    }
  }

  /**
   * Warns about an author's probe that may kill the container for a stall of its storage. The probe
   * stays as it is.
   */
  private void warnOfStall(
      Container container,
      SingleWriterPod pod,
      Probe own,
      LivenessTarget wanted,
      PatchBuilder draft) {
    int stall = patience.stall(own.json(), pod);
    if (own.detectionSeconds() < stall && StorageFailoverTime.touches(own.json(), container, pod)) {
      draft.warn(
          "container %s: its liveness probe touches the volume and gives up after %d s, while the storage may need %d s to fail over; write failureThreshold: %d"
              .formatted(
                  container.name(),
                  own.detectionSeconds(),
                  stall,
                  own.failuresIn(wanted.detectionSeconds())));
    }
  }

  /**
   * Removes a delay if a startup probe of the same check waits for the start, whether it exists or
   * this edit adds it. The delay would only leave the container unwatched.
   */
  private void unwatched(
      Container container, Probe own, LivenessTarget wanted, PatchBuilder draft) {
    if (container.role() != Role.MAIN || own.initialDelaySeconds() <= wanted.detectionSeconds()) {
      return;
    }
    Optional<Probe> startup = Probe.of(container, Probe.STARTUP);
    if (startup.map(probe -> probe.checks(own.json())).orElse(addsStartup)) {
      draft.set(own.path(), "initialDelaySeconds", 0);
    } else if (startup.isPresent()) {
      draft.warn(
          "container %s: its liveness probe does not start until %d s after a start; reduce initialDelaySeconds, since the startup probe already covers the start"
              .formatted(container.name(), own.initialDelaySeconds()));
    }
  }

  private void add(Container container, SingleWriterPod pod, PatchBuilder draft) {
    PodTemplate template = pod.template();
    Optional<Probe> readiness =
        pod.annotations().livenessFromReadiness()
            ? Probe.of(container, Probe.READINESS)
            : Optional.empty();
    Optional<ObjectNode> own =
        readiness
            .or(() -> Probe.of(container, Probe.STARTUP))
            .filter(probe -> !probe.asksAnotherHost())
            .map(Probe::sameCheck);
    LivenessTarget wanted = target.of(container, template);
    if (own.isPresent()) {
      draft.set(
          container.path(),
          Probe.LIVENESS,
          touching(wanted, own.get(), container, pod).timed(own.get()));
      return;
    }
    TcpChecks.Answer answer = TcpChecks.of(container, template);
    if (answer.check().isPresent()) {
      draft.set(container.path(), Probe.LIVENESS, wanted.timed(answer.check().get()));
    } else {
      draft.warn(
          "container %s: no liveness probe was added, %s; %s"
              .formatted(container.name(), answer.why(), answer.advice()));
    }
  }
}
