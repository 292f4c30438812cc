package io.rwopguard.testing.random;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.PodAnnotations;

/** Annotations of ours, right and wrong, and other people's. */
final class RandomAnnotations {

  private final RandomSource dice;

  RandomAnnotations(RandomSource dice) {
    this.dice = dice;
  }

  /** Gives the metadata of a Pod some. */
  void addTo(ObjectNode metadata, ObjectNode spec) {
    if (dice.percent(40)) {
      return;
    }
    ObjectNode annotations = metadata.putObject("annotations");
    if (dice.percent(50)) {
      annotations.put("example.org/owner", dice.pick("team-a", "", "{\"a\": 1}", "ä\n\t"));
    }
    if (dice.percent(10)) {
      annotations.put("kubectl.kubernetes.io/restartedAt", "2026-01-01T00:00:00Z");
    }
    for (int i = dice.below(3); i > 0; i--) {
      ours(annotations, spec);
    }
  }

  private void ours(ObjectNode annotations, ObjectNode spec) {
    switch (dice.below(11)) {
      case 0 -> annotations.put(PodAnnotations.LIVENESS, check());
      case 1, 2 -> {
        String container = spec.path("containers").path(0).path("name").asText();
        annotations.put(PodAnnotations.LIVENESS_OF + dice.pick(container, "unknown"), check());
      }
      case 3 -> annotations.put(PodAnnotations.LIVENESS_FROM, dice.pick("readiness", "startup"));
      case 4 -> annotations.put(PodAnnotations.HEALTHCHECK_FILE, file());
      case 5 -> annotations.put(PodAnnotations.HEALTHCHECK_WRITE, file());
      case 6 ->
          annotations.put(
              PodAnnotations.GRACE_SECONDS,
              dice.pick("0", "1", "7", "30", "120", "86400", "99999", "-1", "soon"));
      case 7 -> annotations.put(PodAnnotations.GRACE, dice.pick("pod", "probe", "probe", "both"));
      case 8 -> annotations.put(PodAnnotations.PRE_STOP, dice.pick("save", "a && b", " "));
      case 9 ->
          annotations.put(
              PodAnnotations.TRACE,
              dice.pick(
                  "{\"liveness\":{\"spec.containers[0].livenessProbe\":null}}",
                  "{\"grace\":{\"spec.terminationGracePeriodSeconds\":30}}",
                  "{\"liveness\":1,\"grace\":null,\"startup\":[]}",
                  "{",
                  "[]",
                  ""));
      default -> {
        if (dice.percent(20)) {
          annotations.put(PodAnnotations.MUTATE, dice.pick("disabled", "enabled"));
        } else {
          annotations.put("rwop-guard.io/" + dice.pick("exempt", "unheard-of"), "x");
        }
      }
    }
  }

  private String check() {
    return dice.pick(
        "tcp:5432",
        "http:8080/healthz",
        "https:8443",
        "grpc:9000",
        "exec:pg_isready -U \"x\"",
        "tcp:0",
        "tcp:99999",
        "exec: ",
        "nonsense");
  }

  private String file() {
    return dice.pick("ok", "sub/dir/alive", ".probe", "../escape", "/absolute", " ");
  }
}
