package io.rwopguard.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.mutations.PatchBuilder;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;

/**
 * Detects repetitions of the same edit.
 *
 * <ul>
 *   <li>Pods that are recreated in a loop are left unchanged for an hour, since the edits may be
 *       the reason. A Pod that was refused after the edit does not count.
 *   <li>Updates that revert an edit are only reported. After the new edit the object equals the
 *       stored one, so the API server stores nothing and no Pod restarts. Without it, the pod
 *       template would change and cause a restart.
 * </ul>
 *
 * <p>Each replica of the service counts its own answers.
 */
@Singleton
final class RepeatedEdits {

  static final int MOST_OBJECTS = 10_000;

  private static final Logger LOG = Logger.getLogger("io.rwopguard.admission");
  private static final long HOUR = Duration.ofHours(1).toNanos();

  private static final String OF_PODS =
      "find out what recreates the Pod, or annotate the pod template with rwop-guard.io/mutate: disabled";
  private static final String OF_UPDATES =
      "write the values of rwop-guard in the manifest, have the other program ignore the fields"
          + " that the annotation rwop-guard.io/mutated lists, or annotate the pod template with"
          + " rwop-guard.io/mutate: disabled";

  /**
   * The minimum time between two counted edits. An API server retries immediately if an update
   * changes nothing in its cached object.
   */
  private static final long APART = Duration.ofSeconds(1).toNanos();

  /** The edits of one object. */
  private static final class History {
    final ArrayDeque<Long> edits = new ArrayDeque<>();
    boolean limitReached;

    /** The value of {@link Inventory#podsSeen} when the last edit was counted. */
    long podsSeen;
  }

  private final int limit;
  private final LongSupplier nanos;
  private final Counter stops;
  private final Counter reports;

  /** The histories by the name of {@link #about}; the most recently used ones come last. */
  private final Map<String, History> histories =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, History> eldest) {
          return size() > MOST_OBJECTS;
        }
      };

  @Inject
  RepeatedEdits(RwopGuardConfig config, MeterRegistry registry) {
    this(config.mutate().repeatedEdits(), registry, System::nanoTime);
  }

  RepeatedEdits(int limit, MeterRegistry registry, LongSupplier nanos) {
    this.limit = limit;
    this.nanos = nanos;
    this.stops =
        Counter.builder("rwop_guard_edits_stopped")
            .description("Pods left unchanged for an hour because they were recreated in a loop")
            .register(registry);
    this.reports =
        Counter.builder("rwop_guard_edits_undone")
            .description(
                "Objects whose edits other programs repeatedly reverted; rwop-guard applied them again")
            .register(registry);
  }

  /**
   * Returns the reason why a new Pod is left unchanged for now, for its author; empty if it is not.
   */
  synchronized Optional<String> stopped(AdmissionRequest request, ObjectFacts object) {
    if (histories.isEmpty() || !creates(request)) {
      return Optional.empty();
    }
    return about(request, object)
        .filter(this::limitReached)
        .map(
            what ->
                "%s: rwop-guard sets nothing here for an hour, because it made the same edit %d times in an hour; this Pod stays unchanged until it is recreated; %s"
                    .formatted(what, limit, OF_PODS));
  }

  private boolean limitReached(String what) {
    History history = histories.get(what);
    if (history == null || !history.limitReached) {
      return false;
    }
    if (nanos.getAsLong() - history.edits.getLast() < HOUR) {
      return true;
    }
    histories.remove(what);
    return false;
  }

  /** Counts an edit, if another program has reverted it before, or if it is in a new Pod. */
  synchronized void made(
      AdmissionRequest request, ObjectFacts object, PatchBuilder draft, Inventory known) {
    if (limit == 0 || draft.patch().isEmpty() || !(creates(request) || undoes(request, draft))) {
      return;
    }
    Optional<String> about = about(request, object);
    if (about.isEmpty()) {
      return;
    }
    String what = about.get();
    if (limitReached(what)) {
      draft.warn(
          "%s: updates reverted rwop-guard's edits %d times in an hour; the edits were applied again, so no Pod restarts; %s"
              .formatted(what, limit, OF_UPDATES));
    } else if (!request.dryRun()) {
      count(
          what, request, object.namedClaims().stream().mapToLong(known::podsSeen).max().orElse(0));
    }
  }

  private static boolean creates(AdmissionRequest request) {
    return request.operation().equals(AdmissionRequest.CREATE);
  }

  /** Returns whether the request changes the object and the edits restore it. */
  private static boolean undoes(AdmissionRequest request, PatchBuilder draft) {
    JsonNode old = request.oldObject().path("spec");
    return !request.object().path("spec").equals(old)
        && leadsTo(draft.edited().path("spec"), old, false);
  }

  /**
   * Returns whether both are equal, except for the defaults that the API server adds to a probe.
   */
  private static boolean leadsTo(JsonNode edited, JsonNode old, boolean inProbe) {
    if (edited.isObject() && old.isObject()) {
      return edited.properties().stream().allMatch(field -> old.has(field.getKey()))
          && old.properties().stream()
              .allMatch(
                  field ->
                      edited.has(field.getKey())
                          ? leadsTo(
                              edited.path(field.getKey()),
                              field.getValue(),
                              inProbe || field.getKey().endsWith("Probe"))
                          : inProbe);
    }
    if (edited.isArray() && old.isArray() && edited.size() == old.size()) {
      return IntStream.range(0, old.size())
          .allMatch(i -> leadsTo(edited.path(i), old.path(i), inProbe));
    }
    return edited.equals(old);
  }

  private void count(String what, AdmissionRequest request, long podsSeen) {
    long now = nanos.getAsLong();
    History history = histories.computeIfAbsent(what, first -> new History());
    if (!history.edits.isEmpty()
        && (now - history.edits.getLast() < APART
            // a Pod that a quota or another webhook refused never existed, so it was not recreated
            || (creates(request) && podsSeen <= history.podsSeen))) {
      return;
    }
    history.podsSeen = podsSeen;
    history.edits.addLast(now);
    while (now - history.edits.getFirst() >= HOUR) {
      history.edits.removeFirst();
    }
    if (history.edits.size() >= limit) {
      history.limitReached = true;
      report(what, request);
    }
  }

  private void report(String what, AdmissionRequest request) {
    (creates(request) ? stops : reports).increment();
    LOG.warnf(
        creates(request)
            ? "%s: the same edit was made %d times in an hour, last at a request of %s. The edits"
                + " may cause the loop, so these Pods get no edits for an hour, and stay unchanged"
                + " until they are recreated: %s"
            : "%s: updates reverted the same edit %d times in an hour, last at a request of %s. It"
                + " is applied again each time, which does not change the stored object and"
                + " restarts no Pod: %s",
        AdmissionLog.printable(what),
        limit,
        AdmissionLog.printable(request.requester()),
        creates(request) ? OF_PODS : OF_UPDATES);
  }

  /**
   * Returns the name under which an edit is counted. A Pod counts if it names a claim, which shows
   * whether the Pod was created. A Pod with a generated name counts for its owner. Of a hundred
   * Pods with a claim each, every one is edited once.
   */
  private static Optional<String> about(AdmissionRequest request, ObjectFacts object) {
    boolean isPod = object.kind() == Kind.POD;
    if (isPod != creates(request) || (isPod && object.namedClaims().isEmpty())) {
      return Optional.empty();
    }
    String place = " of namespace " + object.namespace();
    if (!object.name().isEmpty()) {
      return Optional.of(request.kindName() + " " + object.name() + place);
    }
    return object.controller().map(owner -> "Pods of " + owner + place);
  }
}
