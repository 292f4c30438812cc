package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Container;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Json;
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

  /** Returns the probe in this field of a container, if it has one. */
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
   * Returns the seconds from the first failed check to the restart. Each check waits for the
   * previous one, so a timeout longer than the period sets the pace.
   */
  long detectionSeconds() {
    return (long) Math.max(atLeastOne("periodSeconds", 10), timeoutSeconds())
        * atLeastOne("failureThreshold", 3);
  }

  /** Returns the failureThreshold that takes at least this many seconds at the probe's pace. */
  long failuresIn(long seconds) {
    int pace = Math.max(atLeastOne("periodSeconds", 10), timeoutSeconds());
    return (seconds + pace - 1) / pace;
  }

  /** Returns the number of its checks; the API server refuses a probe with two. */
  static long handlersOf(JsonNode probe) {
    return HANDLERS.stream().filter(probe::hasNonNull).count();
  }

  /** Returns whether an API server accepts it, as far as its fields are read here. */
  static boolean isWellFormed(JsonNode probe) {
    return probe.isObject()
        && handlersOf(probe) <= 1
        && HANDLERS.stream().map(probe::path).allMatch(h -> Json.isUnset(h) || h.isObject())
        && Stream.concat(TIMES.stream(), Stream.of("timeoutSeconds"))
            .map(probe::path)
            .allMatch(
                time -> Json.isUnset(time) || (time.isIntegralNumber() && time.canConvertToInt()));
  }

  /** Returns whether it checks the same thing in the same way as this handler. */
  boolean checks(JsonNode handler) {
    return HANDLERS.stream().allMatch(name -> json.path(name).equals(handler.path(name)));
  }

  /** Returns the value of a field. The API server treats a zero as "not set". */
  private int atLeastOne(String field, int otherwise) {
    int value = Json.integer(json, path, field, otherwise);
    return value == 0 ? otherwise : value;
  }

  /**
   * Returns whether it checks another host than the Pod, which proves nothing about the container.
   */
  boolean asksAnotherHost() {
    return namesHost("httpGet") || namesHost("tcpSocket");
  }

  /** Returns whether the handler names a host. The API server drops an empty one. */
  private boolean namesHost(String handler) {
    return !json.path(handler).path("host").asText("").isEmpty();
  }

  /**
   * Returns a probe with the same check and timeout, and no other times. It removes the known time
   * fields and keeps the rest, including kinds of checks that Kubernetes adds later.
   */
  ObjectNode sameCheck() {
    ObjectNode check = json.deepCopy();
    return check.remove(TIMES);
  }
}
