package io.rwopguard.testing.random;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Probes and hooks of all kinds, with odd but valid values. */
final class RandomProbes {

  private static final String GRACE = "terminationGracePeriodSeconds";

  private final RandomSource dice;

  RandomProbes(RandomSource dice) {
    this.dice = dice;
  }

  /** Gives a container any of the three probes. */
  void addTo(ObjectNode container) {
    if (dice.percent(55)) {
      container.set("livenessProbe", probe("liveness"));
    }
    if (dice.percent(40)) {
      container.set("readinessProbe", probe("readiness"));
    }
    if (dice.percent(25)) {
      container.set("startupProbe", probe("startup"));
    }
  }

  private ObjectNode probe(String kind) {
    ObjectNode probe = RandomSource.object();
    if (dice.percent(50)) {
      handler(probe, true);
    }
    dice.maybe(probe, "periodSeconds", 0, 1, 1, 2, 3, 5, 5, 7, 10, 10, 15, 30, 60, 86_400);
    dice.maybe(probe, "timeoutSeconds", 0, 1, 1, 1, 2, 3, 5, 6, 10, 20, 60, 3600);
    dice.maybe(
        probe, "failureThreshold", 0, 1, 1, 2, 2, 3, 3, 5, 10, 30, 60, 1000, Integer.MAX_VALUE);
    dice.maybe(probe, "initialDelaySeconds", 0, 1, 5, 10, 30, 60, 600, Integer.MAX_VALUE);
    if (kind.equals("readiness")) {
      dice.maybe(probe, "successThreshold", 0, 1, 2, 3, 10);
    } else {
      dice.maybe(probe, "successThreshold", 0, 1, 1);
      if (dice.percent(15)) {
        probe.put(GRACE, dice.pick(1L, 1L, 5L, 30L, 3600L, 5_000_000_000L));
      }
    }
    if (!hasHandler(probe)) {
      handler(probe, true);
    }
    dice.future(probe, GRACE, "successThreshold");
    return probe;
  }

  private static boolean hasHandler(ObjectNode probe) {
    return probe.has("exec")
        || probe.has("httpGet")
        || probe.has("tcpSocket")
        || probe.has("grpc")
        || probe.has("futureCheck");
  }

  /** Hooks; one that sleeps does so within the Pod's grace period. */
  void addHooks(ObjectNode container, long grace) {
    if (!dice.percent(25)) {
      return;
    }
    ObjectNode lifecycle = container.putObject("lifecycle");
    if (dice.percent(70)) {
      hook(lifecycle.putObject("preStop"), grace);
    }
    if (dice.percent(30)) {
      hook(lifecycle.putObject("postStart"), grace);
    }
    dice.future(lifecycle, "preStop", "postStart");
  }

  private void hook(ObjectNode hook, long grace) {
    if (dice.percent(40)) {
      long most = Math.max(0, grace);
      hook.putObject("sleep").put("seconds", Math.min(most, dice.pick(0L, 1L, 5L, 20L, most)));
    } else {
      handler(hook, false);
    }
  }

  private void handler(ObjectNode in, boolean ofProbe) {
    if (!dice.valid() && dice.percent(3)) {
      in.putObject("futureCheck").put("port", 1);
      return;
    }
    switch (dice.below(ofProbe ? 4 : 3)) {
      case 0 -> {
        var command = in.putObject("exec").putArray("command");
        command.add(dice.pick("check", "sh", "/bin/pg_isready", "cat"));
        if (dice.percent(50)) {
          command.add("-c").add(dice.pick("", "test -f /data/ok", "$(VAR) \"'\\ é"));
        }
      }
      case 1 -> http(in.putObject("httpGet"));
      case 2 -> {
        ObjectNode tcp = in.putObject("tcpSocket");
        port(tcp);
        host(tcp);
      }
      default -> {
        ObjectNode grpc = in.putObject("grpc").put("port", 1 + dice.below(65_535));
        if (dice.percent(50)) {
          grpc.put("service", dice.pick("", "liveness", "a.b/C"));
        }
        dice.future(grpc, "service");
      }
    }
  }

  private void http(ObjectNode http) {
    port(http);
    if (dice.percent(70)) {
      http.put("path", dice.pick("/", "/healthz", "healthz", "/a?b=c%20d&e", "/ä"));
    }
    if (dice.percent(30)) {
      http.put("scheme", dice.pick("HTTP", "HTTPS"));
    }
    host(http);
    if (dice.percent(20)) {
      http.putArray("httpHeaders").addObject().put("name", "X-Check").put("value", "a b");
    }
    dice.future(http, "host", "scheme");
  }

  private void host(ObjectNode check) {
    if (dice.percent(8)) {
      check.put("host", dice.pick("db.example.org", "127.0.0.1", "localhost", ""));
    }
  }

  /** A name need not be one of a port that is there. */
  private void port(ObjectNode check) {
    if (dice.percent(30)) {
      check.put("port", dice.pick("p0", "p1", "http", "no-such-port"));
    } else {
      check.put("port", dice.pick(1, 80, 5432, 8080, 65_535));
    }
  }
}
