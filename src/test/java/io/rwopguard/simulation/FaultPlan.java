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
    Kind.DELETE_WORKLOAD
  };

  private FaultPlan() {}

  static List<Fault> draw(SplittableRandom random, Scenario scenario) {
    List<Fault> faults = new ArrayList<>();
    int node = scenario.places.get(0);
    Kind outage = OUTAGES[random.nextInt(OUTAGES.length)];
    long at = FIRST + random.nextLong(10 * SECOND);
    faults.add(new Fault(outage, at, node, outageLasts(random, outage), 0));
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
