package io.rwopguard.admission;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.mutations.Draft;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
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
 * Notices a tug of war and gives way: the same edit of an object again and again, since another
 * program undoes it, or of Pods that are recreated in a loop. Each round may restart a Pod.
 *
 * <p>Each replica of the service counts what it answers itself.
 */
@Singleton
final class RepeatedEdits {

  static final int MOST_OBJECTS = 10_000;

  private static final Logger LOG = Logger.getLogger("io.rwopguard.admission");
  private static final long HOUR = Duration.ofHours(1).toNanos();

  /** An API server asks again at once where an update changes nothing in what it has cached. */
  private static final long APART = Duration.ofSeconds(1).toNanos();

  /** The edits of one object. */
  private static final class History {
    final ArrayDeque<Long> edits = new ArrayDeque<>();
    boolean stopped;
  }

  private final int limit;
  private final LongSupplier nanos;
  private final Counter stops;

  /** By what {@link #about} calls the object; the ones that were asked for last come last. */
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
            .description("Objects whose edits were stopped for an hour, since they were repeated")
            .register(registry);
  }

  /** Returns why an object is left alone for now, for its author; empty if it is not. */
  synchronized Optional<String> stopped(AdmissionRequest request, ObjectFacts object) {
    if (histories.isEmpty()) {
      return Optional.empty();
    }
    return about(request, object)
        .filter(this::isStopped)
        .map(
            what ->
                "%s: rwop-guard sets nothing here for an hour, because it made the same edit %d times in an hour; %s"
                    .formatted(what, limit, remedy(request)));
  }

  private boolean isStopped(String what) {
    History history = histories.get(what);
    if (history == null || !history.stopped) {
      return false;
    }
    if (nanos.getAsLong() - history.edits.getLast() < HOUR) {
      return true;
    }
    histories.remove(what);
    return false;
  }

  /** Counts an edit, if it is one that another program has undone, or one of a Pod. */
  void made(AdmissionRequest request, ObjectFacts object, Draft draft) {
    if (limit == 0 || request.dryRun() || draft.patch().isEmpty()) {
      return;
    }
    if (request.operation().equals(AdmissionRequest.CREATE) || undoes(request, draft)) {
      about(request, object).ifPresent(what -> count(what, request));
    }
  }

  /** Whether the edits lead back to the object as it was, and the request leads away from it. */
  private static boolean undoes(AdmissionRequest request, Draft draft) {
    JsonNode old = request.oldObject().path("spec");
    return !request.object().path("spec").equals(old)
        && leadsTo(draft.edited().path("spec"), old, false);
  }

  /** Whether one is the other, but for what the API server adds to a probe that is set again. */
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

  private synchronized void count(String what, AdmissionRequest request) {
    long now = nanos.getAsLong();
    History history = histories.computeIfAbsent(what, first -> new History());
    if (!history.edits.isEmpty() && now - history.edits.getLast() < APART) {
      return;
    }
    history.edits.addLast(now);
    while (now - history.edits.getFirst() >= HOUR) {
      history.edits.removeFirst();
    }
    if (history.edits.size() >= limit && !history.stopped) {
      history.stopped = true;
      stops.increment();
      LOG.warnf(
          "%s: the same edit was made %d times in an hour, last at a request of %s. Each round may"
              + " restart a Pod, so nothing is edited there for an hour: %s",
          AdmissionLog.printable(what),
          limit,
          AdmissionLog.printable(request.requester()),
          remedy(request));
    }
  }

  private static String remedy(AdmissionRequest request) {
    return request.operation().equals(AdmissionRequest.CREATE)
        ? "find out what recreates the Pod, or annotate the pod template with rwop-guard.io/mutate: disabled"
        : "have the author write the values of rwop-guard.io/mutated, or annotate the pod template with"
            + " rwop-guard.io/mutate: disabled";
  }

  /**
   * Returns what an edit is counted for. Pods with generated names are counted for their owner, if
   * they share a claim; each of a hundred Pods with a claim of its own is edited once.
   */
  private static Optional<String> about(AdmissionRequest request, ObjectFacts object) {
    boolean isPod = object.kind() == Kind.POD;
    if (isPod != request.operation().equals(AdmissionRequest.CREATE)) {
      return Optional.empty();
    }
    String place = " of namespace " + object.namespace();
    if (!object.name().isEmpty()) {
      return Optional.of(request.kindName() + " " + object.name() + place);
    }
    return object
        .controller()
        .filter(owner -> !object.namedClaims().isEmpty())
        .map(owner -> "Pods of " + owner + place);
  }
}
