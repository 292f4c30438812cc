package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.PodAnnotations;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What has to be true of an object before and after the mutations, whatever the object. Plain
 * comparisons, since they are made some millions of times.
 */
final class MutationProperties {

  private static final String GRACE = "terminationGracePeriodSeconds";

  private final PodView before;
  private final PodView after;
  private final MutationSettings settings;

  MutationProperties(JsonNode before, JsonNode after, MutationSettings settings) {
    this.before = PodView.of(before);
    this.after = PodView.of(after);
    this.settings = settings;
  }

  /** Throws what was hurt, and by what. */
  static void check(boolean holds, String hurt, Object... by) {
    if (!holds) {
      throw new AssertionError(hurt + " " + Arrays.toString(by));
    }
  }

  void all() {
    check(before.mayChange(), "an object that must stay as it is was changed");
    untouchedFieldsAreTheSameByteForByte();
    for (String field : List.of("containers", "initContainers")) {
      List<JsonNode> were = before.containers(field);
      List<JsonNode> are = after.containers(field);
      for (int i = 0; i < were.size(); i++) {
        String role =
            field.equals("containers")
                ? "main"
                : were.get(i).path("restartPolicy").asText("init").equals("Always")
                    ? "sidecar"
                    : "init";
        container(were.get(i), are.get(i), role);
      }
    }
    graceIsNoShorterThanTheApiServerAllows();
    strategyIsRecreateAlone();
    tolerationsHaveSecondsOnlyWhereTheApiServerAllows();
  }

  private void untouchedFieldsAreTheSameByteForByte() {
    check(
        without(before).toString().equals(without(after).toString()),
        "something else changed",
        without(before),
        without(after));
  }

  /** The object without the places that mutations are for. */
  private JsonNode without(PodView view) {
    ObjectNode copy = view.object().deepCopy();
    ObjectNode template = (ObjectNode) copy.at(view.pointer());
    ObjectNode spec = (ObjectNode) template.path("spec");
    for (String field : List.of("containers", "initContainers")) {
      for (JsonNode container : spec.path(field)) {
        ObjectNode of = (ObjectNode) container;
        of.remove(List.of("livenessProbe", "startupProbe"));
        if (of.path("lifecycle") instanceof ObjectNode lifecycle) {
          lifecycle.remove("preStop");
        }
        removeIfEmpty(of, "lifecycle");
      }
    }
    spec.remove(GRACE);
    if (copy.path("kind").asText().equals("Deployment")) {
      ((ObjectNode) copy.path("spec")).remove("strategy");
    }
    if (settings.edits().contains("tolerations")) {
      spec.remove("tolerations");
    }
    if (template.path("metadata").path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(PodAnnotations.TRACE);
    }
    if (template.path("metadata") instanceof ObjectNode metadata) {
      removeIfEmpty(metadata, "annotations");
    }
    return copy;
  }

  private static void removeIfEmpty(ObjectNode object, String field) {
    if (object.has(field) && object.get(field).isEmpty()) {
      object.remove(field);
    }
  }

  private void container(JsonNode was, JsonNode is, String role) {
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
    quickProbesStay(name, was, sameLiveness);
    hooksOfAuthorsStay(name, was, is);
    checksOfOtherHostsAreNotAdded(name, was, is);
  }

  private void sickWritersAreFoundInTime(String name, JsonNode was, JsonNode liveness) {
    LivenessTarget target = settings.liveness();
    if (settings.edits().contains("liveness") && liveness.isObject()) {
      check(
          PodView.detection(liveness) <= target.detectionSeconds(),
          "found sick too late",
          name,
          PodView.detection(liveness));
    }
    check(!isSet(was, "livenessProbe") || liveness.isObject(), "lost its liveness probe", name);
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

  private void quickProbesStay(String name, JsonNode was, boolean sameLiveness) {
    JsonNode own = was.path("livenessProbe");
    boolean asked =
        before.annotation(PodAnnotations.LIVENESS).isPresent()
            || before.annotation(PodAnnotations.LIVENESS_OF + name).isPresent();
    if (own.isObject() && PodView.detection(own) <= settings.liveness().detectionSeconds()) {
      check(sameLiveness || asked, "its liveness probe was quick enough", name);
    }
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

  private static Optional<String> host(JsonNode probe) {
    JsonNode host = probe.path("httpGet").path("host");
    JsonNode other = probe.path("tcpSocket").path("host");
    return Optional.ofNullable(
        host.isTextual() ? host.asText() : other.isTextual() ? other.asText() : null);
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

  private void graceIsNoShorterThanTheApiServerAllows() {
    check(after.grace() >= 0, "a negative grace period");
    boolean hooks = false;
    for (String field : List.of("containers", "initContainers")) {
      for (JsonNode container : after.containers(field)) {
        JsonNode hook = container.path("lifecycle").path("preStop");
        hooks |= hook.isObject();
        check(
            hook.path("sleep").path("seconds").asLong() <= after.grace(),
            "a hook sleeps longer than the grace period",
            after.grace());
      }
    }
    if (hooks && before.annotation(PodAnnotations.GRACE_SECONDS).isEmpty()) {
      check(before.grace() <= after.grace(), "a hook lost its grace period");
    }
  }

  private void strategyIsRecreateAlone() {
    JsonNode strategy = after.object().path("spec").path("strategy");
    if (!strategy.equals(before.object().path("spec").path("strategy"))) {
      check(strategy.toString().equals("{\"type\":\"Recreate\"}"), "strategy", strategy);
      check(before.object().path("kind").asText().equals("Deployment"), "a strategy of its own");
    }
  }

  private void tolerationsHaveSecondsOnlyWhereTheApiServerAllows() {
    JsonNode were = before.spec().path("tolerations");
    JsonNode are = after.spec().path("tolerations");
    for (int i = 0; i < are.size(); i++) {
      JsonNode is = are.get(i);
      if (is.equals(were.path(i))) {
        continue;
      }
      check(
          is.path("effect").asText().equals("NoExecute")
              && is.path("tolerationSeconds").asLong() == settings.tolerationSeconds()
              && is.path("key").asText().startsWith("node.kubernetes.io/"),
          "toleration",
          is);
      check(
          i >= were.size() || were.get(i).path("tolerationSeconds").asLong() == 300,
          "the author's toleration changed",
          were.path(i));
    }
    check(are.size() <= were.size() + 2, "too many tolerations");
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
