package io.rwopguard.mutations;

import static io.rwopguard.mutations.MutationProperties.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.profiles.Profiles;
import java.util.List;
import java.util.Optional;

/** Checks the invariants of one container before and after the mutations. */
final class ContainerProperties {

  private static final String GRACE = "terminationGracePeriodSeconds";

  private final PodView before;
  private final MutationSettings settings;

  ContainerProperties(PodView before, MutationSettings settings) {
    this.before = before;
    this.settings = settings;
  }

  void container(JsonNode was, JsonNode is, String role) {
    String name = was.path("name").asText();
    if (role.equals("init") || !before.mountsExclusive(was)) {
      check(was.equals(is), "a container that is none of ours was changed", name);
      return;
    }
    JsonNode liveness = is.path("livenessProbe");
    boolean sameLiveness = withoutGrace(was.path("livenessProbe")).equals(withoutGrace(liveness));
    check(
        sameLiveness || settings.edits().contains("liveness") || isVolumeCheck(liveness),
        "its liveness probe changed with that edit off",
        name);
    probeIsValid(name, liveness, true);
    if (role.equals("main")) {
      sickWritersAreFoundInTime(name, was, liveness);
      startsAreGivenTheirTime(name, was, is, sameLiveness);
    } else {
      check(same(was, is, "startupProbe"), "a sidecar was given a startup probe", name);
      check(same(was, is, "lifecycle"), "a sidecar was given a hook", name);
      check(
          isSet(was, "livenessProbe") || !isSet(is, "livenessProbe"),
          "a sidecar was given a liveness probe",
          name);
    }
    quickProbesStay(name, was, is);
    noStartIsCutShort(name, was, is);
    hooksOfAuthorsStay(name, was, is);
    checksOfOtherHostsAreNotAdded(name, was, is);
  }

  private void sickWritersAreFoundInTime(String name, JsonNode was, JsonNode liveness) {
    LivenessTarget target = settings.liveness();
    if (settings.edits().contains("liveness") && liveness.isObject()) {
      check(
          PodView.detection(liveness) <= target.detectionSeconds()
              || mayBeOfAnEngine(was)
              || waitsForStorage(liveness),
          "found sick too late",
          name,
          PodView.detection(liveness));
    }
    check(!isSet(was, "livenessProbe") || liveness.isObject(), "lost its liveness probe", name);
  }

  /** A check that writes has as long as the storage may stall, and not much longer. */
  private boolean waitsForStorage(JsonNode liveness) {
    LivenessTarget target = settings.liveness();
    String command = liveness.path("exec").path("command").toString();
    return command.matches(".*(\\bdd\\b|touch|sync|\\btee\\b|>).*")
        && PodView.detection(liveness)
            <= settings.storageFailoverSeconds()
                + 2L * Math.max(target.periodSeconds(), target.timeoutSeconds());
  }

  /** A port may be one that an engine alone has, which needs more time. */
  private static boolean mayBeOfAnEngine(JsonNode container) {
    for (JsonNode port : container.path("ports")) {
      if (Profiles.all().stream()
          .filter(profile -> profile.patience().or(profile::slowCheck).isPresent())
          .anyMatch(profile -> profile.ports().contains(port.path("containerPort").asInt()))) {
        return true;
      }
    }
    return false;
  }

  private void startsAreGivenTheirTime(
      String name, JsonNode was, JsonNode is, boolean sameLiveness) {
    JsonNode startup = is.path("startupProbe");
    if (isSet(was, "startupProbe") || sameLiveness) {
      check(same(was, is, "startupProbe"), "the author's startup probe changed", name);
      return;
    }
    if (!settings.edits().contains("startup")) {
      return;
    }
    JsonNode own = was.path("livenessProbe");
    long authors =
        own.isObject() ? own.path("initialDelaySeconds").asInt() + PodView.detection(own) : 0;
    // no more checks than fit into the field
    long most = (long) settings.liveness().periodSeconds() * Integer.MAX_VALUE;
    long least =
        Math.min(most, Math.max(settings.liveness().startupBudgetSeconds(), Math.max(0, authors)));
    long budget =
        (long) startup.path("periodSeconds").asInt() * startup.path("failureThreshold").asInt();
    check(budget >= least, "too little time to start", name, budget, least);
    probeIsValid(name, startup, false);
    check(!startup.has(GRACE), "a grace period on our startup probe", name);
  }

  private void quickProbesStay(String name, JsonNode was, JsonNode is) {
    JsonNode own = was.path("livenessProbe");
    if (own.isObject() && PodView.detection(own) <= settings.liveness().detectionSeconds()) {
      check(
          withoutDelay(own).equals(withoutDelay(is.path("livenessProbe"))) || isAsked(name),
          "its liveness probe was quick enough",
          name);
    }
  }

  private boolean isAsked(String name) {
    return before.annotation(PodAnnotations.LIVENESS).isPresent()
        || before.annotation(PodAnnotations.LIVENESS_OF + name).isPresent();
  }

  /** A delay only goes where a startup probe waits, with the same check. */
  private void noStartIsCutShort(String name, JsonNode was, JsonNode is) {
    int delay = was.path("livenessProbe").path("initialDelaySeconds").asInt();
    JsonNode liveness = is.path("livenessProbe");
    if (delay > liveness.path("initialDelaySeconds").asInt() && !isAsked(name)) {
      check(isSet(is, "startupProbe"), "a delay went and nothing waits for the start", name);
      for (String handler : List.of("exec", "httpGet", "tcpSocket", "grpc")) {
        check(
            liveness.path(handler).equals(is.path("startupProbe").path(handler))
                || isVolumeCheck(liveness),
            "a delay went and another check waits for the start",
            name);
      }
    }
  }

  private static JsonNode withoutDelay(JsonNode probe) {
    return probe instanceof ObjectNode object
        ? object.deepCopy().without(List.of(GRACE, "initialDelaySeconds"))
        : probe;
  }

  private void hooksOfAuthorsStay(String name, JsonNode was, JsonNode is) {
    if (isSet(was.path("lifecycle"), "preStop")
        || before.annotation(PodAnnotations.PRE_STOP).isEmpty()) {
      check(same(was, is, "lifecycle"), "the author's hooks changed", name);
    }
  }

  /** A startup probe beside the author's own liveness probe asks whom that asks. */
  private static void checksOfOtherHostsAreNotAdded(String name, JsonNode was, JsonNode is) {
    for (String probe : List.of("livenessProbe", "startupProbe")) {
      if (!isSet(was, probe)) {
        Optional<String> host = host(is.path(probe));
        check(
            host.isEmpty() || host.equals(host(was.path("livenessProbe"))),
            "a probe of another host was added",
            name,
            probe);
      }
    }
  }

  /** An empty one is none: the API server drops it. */
  private static Optional<String> host(JsonNode probe) {
    JsonNode host = probe.path("httpGet").path("host");
    JsonNode other = probe.path("tcpSocket").path("host");
    return Optional.ofNullable(
            host.isTextual() ? host.asText() : other.isTextual() ? other.asText() : null)
        .filter(name -> !name.isEmpty());
  }

  private static void probeIsValid(String name, JsonNode probe, boolean mayHaveGrace) {
    if (!probe.isObject()) {
      return;
    }
    check(
        !probe.hasNonNull(GRACE) || (mayHaveGrace && probe.path(GRACE).asLong() > 0),
        "grace period of a probe",
        name);
    check(probe.path("successThreshold").asInt() <= 1, "successThreshold", name);
    for (String field : List.of("timeoutSeconds", "periodSeconds", "failureThreshold")) {
      // zero is "not set" to the API server, and is only ever its author's
      check(probe.path(field).asInt(1) >= 0, "a time of a probe", name, field);
    }
    check(probe.path("initialDelaySeconds").asInt() >= 0, "initialDelaySeconds", name);
  }

  private static boolean isVolumeCheck(JsonNode liveness) {
    String command = liveness.path("exec").path("command").path(0).asText();
    return command.equals("cat") || command.equals("dd");
  }

  private static boolean isSet(JsonNode object, String field) {
    return object.hasNonNull(field);
  }

  private static boolean same(JsonNode was, JsonNode is, String field) {
    return was.path(field).equals(is.path(field));
  }

  private static JsonNode withoutGrace(JsonNode probe) {
    return probe instanceof ObjectNode object ? object.deepCopy().without(GRACE) : probe;
  }
}
