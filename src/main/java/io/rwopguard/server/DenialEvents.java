package io.rwopguard.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.rwopguard.config.ProcessPart;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.EventRecorder;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.EventSink;
import io.rwopguard.log.RateLimitedLog;
import io.rwopguard.model.Kind;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.Printable;
import io.rwopguard.rules.Finding;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Writes a Kubernetes Event for each denied object, if the settings ask for it: in the object's
 * namespace, in the background, and up to a number a minute. The sender of a review is not known
 * without client certificates, so an Event is written only in namespaces that exist, and names
 * nothing that could not be the name of an object.
 */
@Singleton
final class DenialEvents {

  private static final String REASON = "Denied";

  private static final RateLimitedLog FAILED =
      new RateLimitedLog(Logger.getLogger(DenialEvents.class), "failures of events", 5);

  /** More than an Event may have; a denial of an object with many problems is much longer. */
  private static final int LONGEST = 1500;

  /** The pattern of all names that the kinds that rwop-guard reads may have, or their beginning. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9][-a-z0-9.]{0,252}");

  private static final Pattern API_VERSION =
      Pattern.compile("([a-z0-9.-]{1,100}/)?v[a-z0-9]{1,20}");
  private static final Pattern UID = Pattern.compile("[-a-zA-Z0-9]{1,64}");

  private final Optional<EventSink> sink;
  private final Function<String, Lookup<Namespace>> namespaces;
  private Optional<EventRecorder> recorder = Optional.empty();

  @Inject
  DenialEvents(
      RwopGuardConfig config,
      Instance<KubernetesClient> client,
      Inventory inventory,
      MeterRegistry registry) {
    this.namespaces = inventory::namespace;
    Counter leftOut =
        Counter.builder("rwop_guard_denial_events_left_out")
            .description("Events about denials beyond the number that is written in a minute")
            .register(registry);
    if (config.denialEvents() && config.run().contains(ProcessPart.ADMISSION)) {
      recorder =
          Optional.of(
              new EventRecorder(
                  client.get(),
                  "denial-events",
                  new ConditionLog(DenialEvents.class, "charts/rwop-guard/README.md"),
                  System::nanoTime,
                  InstantSource.system(),
                  new EventBudget(System::nanoTime, leftOut::increment)));
    }
    sink = recorder.map(EventSink.class::cast);
  }

  /** Creates one that writes to a sink. */
  DenialEvents(EventSink sink, Function<String, Lookup<Namespace>> namespaces) {
    this.sink = Optional.of(sink);
    this.namespaces = namespaces;
  }

  /**
   * Writes an Event about a request that was denied and was no dry run. What fails here costs the
   * Event only: a denial that became an error would be admitted where the failurePolicy is Ignore.
   */
  void denied(AdmissionRequest request, AdmissionResponse response) {
    try {
      sink.ifPresent(
          events ->
              about(request)
                  .filter(about -> exists(about.namespace()))
                  .ifPresent(about -> say(events, about, request, response)));
    } catch (RuntimeException | Error e) {
      // an error, too: a thread that cannot be started is one
      FAILED.errorf(e, "no Event tells of a denial, which stands. Report it with this stack trace");
    }
  }

  private static void say(
      EventSink events, About about, AdmissionRequest request, AdmissionResponse response) {
    String reasons =
        Printable.beginning(response.message(), LONGEST)
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .collect(Collectors.joining(" "));
    events.say(
        about,
        true,
        REASON,
        AdmissionLog.printable("denied " + request.operation() + " by " + request.requester())
            + ": "
            + reasons,
        response.findings().stream()
            .map(Finding::rule)
            .distinct()
            .collect(Collectors.joining(",", request.operation() + " ", "")));
  }

  private boolean exists(String namespace) {
    return namespace.isEmpty() || namespaces.apply(namespace) instanceof Lookup.Found;
  }

  /** Returns the object that the request is about; empty if its names are none. */
  private static Optional<About> about(AdmissionRequest request) {
    boolean scale = request.kind().equals(Optional.of(Kind.SCALE));
    Optional<Kind> kind = scale ? request.scaled() : request.kind();
    JsonNode object = request.object();
    String name =
        request.name().isEmpty()
            ? KubeObject.of(object).metadata().path("generateName").asText()
            : request.name();
    boolean valid =
        kind.isPresent()
            && NAME.matcher(name).matches()
            && (request.namespace().isEmpty() || NAME.matcher(request.namespace()).matches());
    if (!valid) {
      return Optional.empty();
    }
    String version = object.path("apiVersion").asText();
    boolean known = !scale && API_VERSION.matcher(version).matches();
    String uid = scale ? "" : KubeObject.of(request.oldObject()).uid();
    return Optional.of(
        new About(
            known ? version : apiVersion(kind.get()),
            kind.get().kindName(),
            request.namespace(),
            name,
            UID.matcher(uid).matches() ? uid : ""));
  }

  private static String apiVersion(Kind kind) {
    return kind.group().isEmpty() ? "v1" : kind.group() + "/v1";
  }

  @PreDestroy
  void close() {
    recorder.ifPresent(EventRecorder::close);
  }
}
