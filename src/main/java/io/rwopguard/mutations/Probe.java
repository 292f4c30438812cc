package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.Container;
import io.rwopguard.workload.FieldPath;
import io.rwopguard.workload.Json;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A probe of a container, as its author wrote it. Fields that are not set have the API server's
 * defaults (k8s.io/kubernetes pkg/apis/core/v1 SetDefaults_Probe).
 */
record Probe(FieldPath path, JsonNode json) {

  static final String LIVENESS = "livenessProbe";
  static final String STARTUP = "startupProbe";
  static final String READINESS = "readinessProbe";

  private static final List<String> HANDLERS = List.of("exec", "httpGet", "tcpSocket", "grpc");
  private static final List<String> TIMES =
      List.of(
          "initialDelaySeconds",
          "periodSeconds",
          "successThreshold",
          "failureThreshold",
          "terminationGracePeriodSeconds");

  /** The probe in this field of a container, if it has one. */
  static Optional<Probe> of(Container container, String field) {
    JsonNode json = Json.object(container.json(), container.path(), field);
    return json.isObject()
        ? Optional.of(new Probe(container.path().field(field), json))
        : Optional.empty();
  }

  int initialDelaySeconds() {
    return Json.integer(json, path, "initialDelaySeconds", 0);
  }

  int timeoutSeconds() {
    return atLeastOne("timeoutSeconds", 1);
  }

  /**
   * The seconds from the first failed check to the restart. The next check waits for the one before
   * it, so one that waits for its answer longer than the period sets the pace.
   */
  long detectionSeconds() {
    return (long) Math.max(atLeastOne("periodSeconds", 10), timeoutSeconds())
        * atLeastOne("failureThreshold", 3);
  }

  /** Returns the failureThreshold with which it takes this long to notice, at its pace. */
  long failuresIn(long seconds) {
    int pace = Math.max(atLeastOne("periodSeconds", 10), timeoutSeconds());
    return (seconds + pace - 1) / pace;
  }

  /** How many checks it has; a probe of two is none that the API server takes. */
  static long handlersOf(JsonNode probe) {
    return HANDLERS.stream().filter(probe::hasNonNull).count();
  }

  /** Whether it is one that an API server takes, as far as that is read here. */
  static boolean isWellFormed(JsonNode probe) {
    return probe.isObject()
        && handlersOf(probe) <= 1
        && HANDLERS.stream().map(probe::path).allMatch(h -> Json.isUnset(h) || h.isObject())
        && Stream.concat(TIMES.stream(), Stream.of("timeoutSeconds"))
            .map(probe::path)
            .allMatch(
                time -> Json.isUnset(time) || (time.isIntegralNumber() && time.canConvertToInt()));
  }

  /** Whether it checks the same thing in the same way as this handler. */
  boolean checks(JsonNode handler) {
    return HANDLERS.stream().allMatch(name -> json.path(name).equals(handler.path(name)));
  }

  /** The API server takes a zero for "not set". */
  private int atLeastOne(String field, int otherwise) {
    int value = Json.integer(json, path, field, otherwise);
    return value == 0 ? otherwise : value;
  }

  /** Whether it looks at another host than the Pod, which says nothing about the container. */
  boolean asksAnotherHost() {
    return namesHost("httpGet") || namesHost("tcpSocket");
  }

  /** The API server drops an empty one. */
  private boolean namesHost(String handler) {
    return !json.path(handler).path("host").asText("").isEmpty();
  }

  /**
   * A probe that does the same check with the same patience for an answer, and no times of its own.
   * It leaves out what it knows to be about times, rather than copying what it knows to be checks,
   * so that a kind of check added to Kubernetes later is kept.
   */
  ObjectNode sameCheck() {
    ObjectNode check = json.deepCopy();
    return check.remove(TIMES);
  }
}
