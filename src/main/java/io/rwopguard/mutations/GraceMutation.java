package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Json;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.profiles.Profile;
import io.rwopguard.profiles.Profiles;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Lets an unhealthy Pod end soon.
 *
 * <p>It sets a short grace period for the Pod, zero by default. Alternatively it sets 1 s for the
 * liveness probes alone, the minimum of the API server there. A Pod with a preStop hook gets the
 * latter, because the hook needs the Pod's period. Runs after {@link LivenessMutation} and {@link
 * PreStopMutation}.
 */
public final class GraceMutation implements Mutation {

  private static final String GRACE = PodTemplate.GRACE_PERIOD;

  private final int seconds;
  private final boolean ofPod;

  /** Creates the mutation with these seconds, for the Pod or for its liveness probes alone. */
  public GraceMutation(int seconds, boolean ofPod) {
    this.seconds = seconds;
    this.ofPod = ofPod;
  }

  @Override
  public String id() {
    return "grace";
  }

  @Override
  public String summary() {
    return ofPod
        ? "terminationGracePeriodSeconds: %d for the Pod, 1 if its CSI driver does not attach volumes; with a preStop hook, a sleeping postStart hook, or an engine whose profile keeps the grace period, 1 for the liveness probe instead"
            .formatted(seconds)
        : "terminationGracePeriodSeconds: 1 for the liveness probe";
  }

  @Override
  public void apply(SingleWriterPod pod, PatchBuilder draft) {
    PodAnnotations annotations = pod.annotations();
    int wanted = annotations.grace().orElse(seconds);
    boolean chosen = annotations.grace().isPresent();
    List<JsonNode> preStops = preStops(pod, draft);
    List<JsonNode> hooks =
        Stream.concat(preStops.stream(), sleepsAtStart(pod, draft).stream()).toList();
    Optional<Profile> keeper = keeper(pod);
    if (chosen || annotations.gracePod().orElse(ofPod && keeper.isEmpty())) {
      if (hooks.isEmpty() || (chosen && wanted > 0)) {
        ofPod(pod, draft, wanted, chosen, longestSleep(hooks));
        return;
      }
      giveBack(pod, draft, wanted, longestSleep(hooks));
      if (ofProbes(pod, draft)) {
        draft.warn(
            "a %s hook needs the Pod's %s, so only the liveness probe's was set (to 1)"
                .formatted(preStops.isEmpty() ? "sleeping postStart" : "preStop", GRACE));
      }
      return;
    }
    giveBack(pod, draft, wanted, longestSleep(hooks));
    ofProbes(pod, draft);
  }

  /**
   * Returns the profile of an engine that loses acknowledged work in a crash, or recovers for
   * minutes after one.
   */
  private static Optional<Profile> keeper(SingleWriterPod pod) {
    return pod.writers().stream()
        .flatMap(container -> Profiles.of(container, pod.template()).stream())
        .filter(Profile::keepsGrace)
        .findFirst();
  }

  private static void ofPod(
      SingleWriterPod pod, PatchBuilder draft, int wanted, boolean chosen, long longestSleep) {
    FieldPath spec = pod.template().specPath();
    long now = now(pod, draft);
    boolean unfenced = wanted == 0 && pod.unfencedDriver().isPresent();
    long least = Math.max(unfenced ? 1 : 0, longestSleep);
    long set = Math.max(wanted, least);
    // a shorter period is the author's, unless it is too short to be safe
    if ((now > set || now < least || chosen) && draft.set(spec, GRACE, set)) {
      if (now > PodTemplate.DEFAULT_GRACE_PERIOD && !chosen && set < now) {
        draft.warn(
            "%s is now %d instead of %d; the annotation %s: probe keeps the old value"
                .formatted(GRACE, set, now, PodAnnotations.GRACE));
      }
      if (unfenced) {
        draft.warn(
            "%s is %d instead of 0: the driver %s does not attach volumes, so only the grace period prevents two writers"
                .formatted(GRACE, set, pod.unfencedDriver().get().name()));
      }
      if (longestSleep > wanted) {
        draft.warn("%s is %d, as long as a hook sleeps".formatted(GRACE, set));
      }
    }
  }

  /**
   * Restores a period that an earlier run over the same request reduced when there was no hook.
   * Another webhook may add a container with a hook, and the API server then calls this one again.
   * It refuses a hook that sleeps longer than the Pod's period. ({@link PreviousEdits} handles what
   * an author adds in an update.)
   */
  private void giveBack(SingleWriterPod pod, PatchBuilder draft, int wanted, long longestSleep) {
    JsonNode before = TraceMutation.replaced(pod, id(), "spec." + GRACE);
    long ours = wanted == 0 && pod.unfencedDriver().isPresent() ? 1 : wanted;
    long back = Math.max(before.asLong(PodTemplate.DEFAULT_GRACE_PERIOD), longestSleep);
    if (!before.isMissingNode() && now(pod, draft) == ours && back > ours) {
      draft.set(pod.template().specPath(), GRACE, back);
    }
  }

  private static long now(SingleWriterPod pod, PatchBuilder draft) {
    return pod.template().gracePeriodSeconds(draft.at(pod.template().specPath()));
  }

  /**
   * Sets the period of the liveness probes that have none. A probe-level period has no default, so
   * an existing one was written explicitly.
   */
  private static boolean ofProbes(SingleWriterPod pod, PatchBuilder draft) {
    boolean changed = false;
    for (Container container : pod.writers()) {
      FieldPath liveness = container.path().field(Probe.LIVENESS);
      if (draft.at(liveness).isObject() && Json.isUnset(draft.at(liveness).path(GRACE))) {
        changed |= draft.set(liveness, GRACE, 1);
      }
    }
    return changed;
  }

  /** Returns the hooks that run when the Pod is stopped. */
  private static List<JsonNode> preStops(SingleWriterPod pod, PatchBuilder draft) {
    return hooks(pod, draft, "preStop").filter(hook -> !Json.isUnset(hook)).toList();
  }

  /**
   * Returns the postStart hooks that sleep. The API server lets no hook sleep longer than the Pod's
   * grace period.
   */
  private static List<JsonNode> sleepsAtStart(SingleWriterPod pod, PatchBuilder draft) {
    return hooks(pod, draft, "postStart")
        .filter(hook -> hook.path("sleep").path("seconds").asLong() > 0)
        .toList();
  }

  private static Stream<JsonNode> hooks(SingleWriterPod pod, PatchBuilder draft, String field) {
    return pod.template().containers().stream()
        .map(container -> draft.at(container.path()).path("lifecycle").path(field));
  }

  private static long longestSleep(List<JsonNode> hooks) {
    return hooks.stream()
        .mapToLong(hook -> hook.path("sleep").path("seconds").asLong())
        .max()
        .orElse(0);
  }
}
