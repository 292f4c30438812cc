package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.SECOND;

import io.rwopguard.simulation.Fault.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Draws the faults of a schedule. */
final class FaultPlan {

  private static final long FIRST = 20 * SECOND;

  private static final Kind[] OUTAGES = {
    Kind.NODE_OFF,
    Kind.NODE_CUT_FROM_API,
    Kind.NODE_CUT_FROM_ALL,
    Kind.NODE_CUT_FROM_ALL,
    Kind.KUBELET_DOWN
  };

  private static final Kind[] OTHERS = {
    Kind.PACKETS_LOST,
    Kind.SLOW_API,
    Kind.REPLICA_CUT_FROM_API,
    Kind.REPLICA_SUSPENDED,
    Kind.REPLICA_CRASH,
    Kind.REQUEST_ACCIDENT,
    Kind.REQUEST_ACCIDENT,
    Kind.REQUEST_ACCIDENT,
    Kind.WATCH_HANGS,
    Kind.FORCE_DELETE,
    Kind.DELETE_POD,
    Kind.CORDON,
    Kind.PAUSE,
    Kind.SCALE_TO_ZERO,
    Kind.OPT_OUT,
    Kind.DELETE_CLAIM,
    Kind.DELETE_WORKLOAD,
    Kind.RECREATE
  };

  private FaultPlan() {}

  static List<Fault> draw(SplittableRandom random, Scenario scenario) {
    List<Fault> faults = new ArrayList<>();
    int node = scenario.places.get(0);
    Kind kind = OUTAGES[random.nextInt(OUTAGES.length)];
    long at = FIRST + random.nextLong(10 * SECOND);
    Fault outage = new Fault(kind, at, node, outageLasts(random, kind), 0);
    faults.add(outage);
    if (random.nextInt(3) == 0) {
      faults.addAll(related(random, scenario, outage));
    }
    if (random.nextInt(6) == 0) {
      Kind second = OUTAGES[random.nextInt(OUTAGES.length)];
      faults.add(
          new Fault(
              second,
              at + random.nextLong(90 * SECOND),
              random.nextInt(scenario.nodes),
              outageLasts(random, Kind.NODE_CUT_FROM_API),
              0));
    }
    int more = random.nextInt(5);
    for (int i = 0; i < more; i++) {
      faults.add(other(random, scenario, at));
    }
    return faults;
  }

  /** Faults that are rare together by chance, and common among people and in networks. */
  private static List<Fault> related(SplittableRandom random, Scenario scenario, Fault outage) {
    return switch (random.nextInt(4)) {
      case 0 -> List.of(forceDeletion(random, scenario, outage));
      case 1 -> partialCut(random, outage);
      case 2 -> cordons(random, scenario, outage);
      default -> lateWrite(random, scenario, outage);
    };
  }

  /** A person notices that a node is suspect, and deletes what is on it. */
  private static Fault forceDeletion(SplittableRandom random, Scenario scenario, Fault outage) {
    List<Integer> there = new ArrayList<>();
    for (int i = 0; i < scenario.places.size(); i++) {
      if (scenario.places.get(i) == outage.subject()) {
        there.add(i);
      }
    }
    int workload = there.get(random.nextInt(there.size()));
    return new Fault(Kind.FORCE_DELETE, soon(random, outage, 30), workload, 0, 0);
  }

  /** A broken link separates a node from the API server, and loses packets of the others. */
  private static List<Fault> partialCut(SplittableRandom random, Fault outage) {
    // later, so that the node has been probed for a while
    long at = outage.at() + 30 * SECOND + random.nextLong(60 * SECOND);
    long lasts = 60 * SECOND + random.nextLong(120 * SECOND);
    return List.of(
        new Fault(Kind.NODE_CUT_FROM_API, at, outage.subject(), lasts, 0),
        new Fault(Kind.PACKETS_LOST, at, outage.subject(), lasts, 0));
  }

  /** Nothing fits elsewhere, for a while or until long after the node is back. */
  private static List<Fault> cordons(SplittableRandom random, Scenario scenario, Fault outage) {
    boolean forGood = random.nextBoolean();
    List<Fault> faults = new ArrayList<>();
    for (int node = 0; node < scenario.nodes; node++) {
      if (node != outage.subject()) {
        long lasts = forGood ? 0 : 20 * SECOND + random.nextLong(100 * SECOND);
        faults.add(new Fault(Kind.CORDON, soon(random, outage, 15), node, lasts, 0));
      }
    }
    return faults;
  }

  /** A write of the leader is held up, and it loses the lead before the write arrives. */
  private static List<Fault> lateWrite(SplittableRandom random, Scenario scenario, Fault outage) {
    int detail;
    do {
      detail = random.nextInt(1_000_000);
    } while (Accident.of(detail) != Accident.DELAY
        || !Accident.meetsWrites(detail)
        || !FaultInjector.meetsLeader(detail));
    Kind[] ways = {Kind.REPLICA_CRASH, Kind.REPLICA_CUT_FROM_API, Kind.REPLICA_SUSPENDED};
    Kind way = ways[random.nextInt(ways.length)];
    long armed = soon(random, outage, 25);
    long lost = armed + random.nextLong(15 * SECOND);
    int replica = random.nextInt(scenario.replicas);
    return List.of(
        new Fault(Kind.REQUEST_ACCIDENT, armed, replica, 0, detail),
        new Fault(way, lost, replica, 8 * SECOND + random.nextLong(30 * SECOND), detail));
  }

  private static long soon(SplittableRandom random, Fault outage, int seconds) {
    return outage.at() + random.nextLong(seconds * SECOND);
  }

  private static long outageLasts(SplittableRandom random, Kind kind) {
    int choice = random.nextInt(8);
    if (choice == 0) {
      return 350 * SECOND + random.nextLong(150 * SECOND);
    }
    if (choice == 1 && kind == Kind.NODE_OFF) {
      return 0;
    }
    return 15 * SECOND + random.nextLong(100 * SECOND);
  }

  private static Fault other(SplittableRandom random, Scenario scenario, long outage) {
    Kind kind = OTHERS[random.nextInt(OTHERS.length)];
    long at = Math.max(FIRST, outage - 5 * SECOND + random.nextLong(70 * SECOND));
    long lasts = 2 * SECOND + random.nextLong(40 * SECOND);
    int subject =
        switch (kind) {
          case PACKETS_LOST, CORDON ->
              random.nextInt(3) == 0 ? random.nextInt(scenario.nodes) : scenario.places.get(0);
          case REPLICA_CUT_FROM_API, REPLICA_SUSPENDED, REPLICA_CRASH, WATCH_HANGS ->
              random.nextInt(scenario.replicas);
          case REQUEST_ACCIDENT -> random.nextInt(scenario.replicas);
          default -> random.nextInt(scenario.workloads.size());
        };
    if (kind == Kind.PACKETS_LOST || kind == Kind.SLOW_API) {
      lasts += 60 * SECOND;
    }
    boolean forGood =
        kind == Kind.DELETE_WORKLOAD
            || kind == Kind.DELETE_CLAIM
            || (kind == Kind.SCALE_TO_ZERO && random.nextBoolean());
    return new Fault(kind, at, subject, forGood ? 0 : lasts, random.nextInt(1_000_000));
  }
}
