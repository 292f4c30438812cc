package io.rwopguard.docs.tables;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.plan.FailoverPlanner;
import io.rwopguard.failover.plan.FailoverPlanner.Act;
import io.rwopguard.failover.plan.FailoverPlanner.Next;
import io.rwopguard.failover.plan.FailoverPlanner.Node;
import io.rwopguard.failover.plan.FailoverPlanner.Observed;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverPlanner.Volume;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverTarget;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Draws the steps of a failover by asking the planner, for each release, with and without fence.
 */
public final class FailoverDiagram {

  private static final Instant DECIDED = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant TOO_LATE =
      DECIDED.plus(FailoverRecord.GIVEN_UP_AFTER.plusSeconds(1));
  private static final String CLAIM = "data";

  private final Set<String> arrows = new LinkedHashSet<>();
  private final Map<OldPod, Map<String, String>> boxes = new EnumMap<>(OldPod.class);
  private final Map<OldPod, Set<String>> ends = new EnumMap<>(OldPod.class);

  private FailoverDiagram() {}

  public static String mermaid() {
    FailoverDiagram diagram = new FailoverDiagram();
    for (boolean fence : new boolean[] {true, false}) {
      for (VolumeRelease release : VolumeRelease.values()) {
        diagram.follow(release, fence);
      }
    }
    return diagram.drawn();
  }

  private static FailoverRecord record() {
    return new FailoverRecord(
        "key",
        "shop",
        "db-0",
        "uid",
        "node-1",
        "node-uid",
        "boot",
        "",
        List.of(),
        List.of(),
        "",
        Optional.empty(),
        "",
        Map.of(Step.DECIDED, DECIDED),
        Optional.empty());
  }

  private void follow(VolumeRelease release, boolean fence) {
    List<FailoverTarget> targets =
        List.of(new FailoverTarget(CLAIM, "pv", "driver", "handle", "", "", release, fence));
    Observed seen =
        new Observed(
            Node.SILENT,
            false,
            false,
            false,
            false,
            OldPod.THERE,
            Map.of(CLAIM, new Volume(true, false, true)),
            false,
            "");
    String before = "";
    while (true) {
      Next next = FailoverPlanner.next(record(), targets, seen, DECIDED);
      String box = box(next, seen);
      if (!before.isEmpty()) {
        arrows.add(before + " --> " + box);
      }
      if (next.act() == Act.FINISH) {
        return;
      }
      boxes.computeIfAbsent(group(seen), pod -> new LinkedHashMap<>()).put(box, text(next, seen));
      ends.computeIfAbsent(group(seen), pod -> new LinkedHashSet<>())
          .addAll(List.of(whenBack(targets, seen), whenLate(targets, seen)));
      before = box;
      seen = after(next, seen, release);
    }
  }

  private static OldPod group(Observed seen) {
    return seen.oldPod() == OldPod.FINALIZED ? OldPod.GONE : seen.oldPod();
  }

  /** The planner withdraws the out-of-service taint before it ends the failover. */
  private static String end(
      List<FailoverTarget> targets, Observed seen, Instant now, String condition) {
    Next next = FailoverPlanner.next(record(), targets, seen, now);
    Outcome outcome =
        next.outcome()
            .or(() -> FailoverPlanner.next(record(), targets, withdrawn(seen), now).outcome())
            .orElseThrow();
    return "-- %s --> %s".formatted(condition, outcome);
  }

  private static String whenBack(List<FailoverTarget> targets, Observed seen) {
    Observed back =
        new Observed(
            Node.BACK,
            seen.tainted(),
            seen.outOfService(),
            seen.ownOutOfService(),
            seen.fenced(),
            seen.oldPod(),
            seen.volumes(),
            seen.successorRuns(),
            seen.pointless());
    return end(targets, back, DECIDED, "the node renews its Lease");
  }

  private static String whenLate(List<FailoverTarget> targets, Observed seen) {
    return end(
        targets,
        seen,
        TOO_LATE,
        "%d minutes have passed".formatted(FailoverRecord.GIVEN_UP_AFTER.toMinutes()));
  }

  private static Observed withdrawn(Observed seen) {
    return new Observed(
        seen.node(),
        seen.tainted(),
        false,
        false,
        seen.fenced(),
        seen.oldPod(),
        seen.volumes(),
        seen.successorRuns(),
        seen.pointless());
  }

  /** Returns what is observed once this has been done, or has happened. */
  private static Observed after(Next next, Observed seen, VolumeRelease release) {
    Volume volume = seen.volumes().get(CLAIM);
    boolean declares =
        next.act() == Act.DECLARE_OUT_OF_SERVICE
            || (next.act() == Act.RELEASE && release == VolumeRelease.OUT_OF_SERVICE);
    boolean waits = next.act() == Act.WAIT;
    if (next.act() == Act.RELEASE) {
      volume =
          new Volume(true, release == VolumeRelease.ATTACHMENT, release != VolumeRelease.VOLUME);
    } else if (waits && seen.oldPod() == OldPod.GONE) {
      volume = Volume.DETACHED;
    }
    return new Observed(
        seen.node(),
        seen.tainted() || next.act() == Act.TAINT,
        declares || (seen.outOfService() && next.act() != Act.WITHDRAW),
        declares || (seen.ownOutOfService() && next.act() != Act.WITHDRAW),
        seen.fenced() || next.act() == Act.FENCE,
        next.act() == Act.DELETE
            ? OldPod.FINALIZED
            : waits && seen.oldPod() == OldPod.FINALIZED ? OldPod.GONE : seen.oldPod(),
        Map.of(CLAIM, volume),
        waits && !seen.volumes().get(CLAIM).attached(),
        "");
  }

  private static String box(Next next, Observed seen) {
    return next.act() == Act.FINISH
        ? next.outcome().orElseThrow().name()
        : next.act() == Act.WAIT ? "WAIT_" + waitedFor(seen) : next.act().name();
  }

  private static String waitedFor(Observed seen) {
    return seen.oldPod() == OldPod.FINALIZED
        ? "FINALIZER"
        : seen.volumes().get(CLAIM).attached() ? "DETACHED" : "RUNNING";
  }

  private static String text(Next next, Observed seen) {
    return switch (next.act()) {
      case TAINT -> "Taint the node";
      case FENCE -> "Fence the node, if a volume needs it";
      case DECLARE_OUT_OF_SERVICE -> "Declare the node out of service, with that release";
      case DELETE -> "Delete the Pod";
      case RELEASE -> "Release the volume";
      case WITHDRAW -> "Remove the out-of-service taint";
      case WAIT ->
          switch (waitedFor(seen)) {
            case "FINALIZER" -> "Wait until no finalizer keeps the Pod";
            case "DETACHED" -> "Wait until the volume is detached";
            default -> "Wait until another Pod is ready";
          };
      case FINISH -> throw new IllegalArgumentException(next.toString());
    };
  }

  private static String text(Outcome outcome) {
    return switch (outcome) {
      case DONE -> "Another Pod runs";
      case CANCELED -> "Canceled: the old Pod still runs";
      case NODE_BACK -> "The node is back: Kubernetes does the rest";
      case GAVE_UP -> "Given up";
    };
  }

  private String drawn() {
    StringBuilder drawn = new StringBuilder("```mermaid\nflowchart TD\n");
    boxes.forEach(
        (pod, of) -> {
          drawn.append(
              "  subgraph %s[\"%s\"]%n"
                  .formatted(
                      id(pod), pod == OldPod.THERE ? "The old Pod exists" : "The Pod is deleted"));
          of.forEach((box, text) -> drawn.append("    %s[\"%s\"]%n".formatted(box, text)));
          drawn.append("  end\n");
        });
    for (Outcome outcome : Outcome.values()) {
      drawn.append("  %s([\"%s\"])%n".formatted(outcome, text(outcome)));
    }
    arrows.forEach(arrow -> drawn.append("  ").append(arrow).append('\n'));
    ends.forEach(
        (pod, of) ->
            drawn.append(
                of.stream()
                    .map(end -> "  %s %s%n".formatted(id(pod), end))
                    .collect(Collectors.joining())));
    return drawn.append("```\n").toString();
  }

  private static String id(OldPod pod) {
    return "pod_" + pod.name().toLowerCase(Locale.ROOT);
  }
}
