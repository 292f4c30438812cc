package io.rwopguard.simulation;

import io.rwopguard.simulation.Checker.Violation;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs schedules of faults, one on each processor. A schedule that violates an invariant is shrunk,
 * and its timeline is printed with the command that repeats it.
 *
 * @param first the seed of the first one; each other has the next seed
 * @param count how many
 * @param threads how many run at a time
 */
record Schedules(long first, long count, int threads) {

  private static final int SHOWN = 3;

  /**
   * Returns the schedules that {@code -Dseed}, {@code -Dschedules} and {@code -Dthreads} ask for.
   */
  static Schedules asked(long count) {
    return new Schedules(
        Long.getLong("seed", 1),
        Long.getLong("schedules", count),
        Integer.getInteger("threads", Runtime.getRuntime().availableProcessors()));
  }

  /** Runs so many schedules in a separate process; it fails if one violates an invariant. */
  public static void main(String[] arguments) throws Exception {
    // a test run that was killed leaves no process behind
    ProcessHandle.current().parent().ifPresent(Schedules::endWith);
    Map<Long, Violation> violations = asked(Long.parseLong(arguments[0])).run();
    System.exit(violations.isEmpty() ? 0 : 1);
  }

  private static void endWith(ProcessHandle parent) {
    Thread watch =
        new Thread(
            () -> {
              parent.onExit().join();
              Runtime.getRuntime().halt(1);
            },
            "parent");
    watch.setDaemon(true);
    watch.start();
  }

  /**
   * Runs them.
   *
   * @return the violations by seed, of which the first few were printed
   */
  Map<Long, Violation> run() throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    Map<Long, Violation> violations = new ConcurrentSkipListMap<>();
    Map<String, Long> lateWrites = new ConcurrentSkipListMap<>();
    double processorSeconds = run(violations, lateWrites);
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "%d schedules from seed %d in %.0f s on %d threads, %.0f in a second of one core%n",
        count, first, seconds, threads, count / processorSeconds);
    System.out.println("writes that arrived after another replica led: " + lateWrites);
    violations.forEach(
        (seed, violation) ->
            System.out.printf("seed %d: %s: %s%n", seed, violation.invariant(), violation.text()));
    violations.entrySet().stream()
        .limit(SHOWN)
        .forEach(
            each ->
                System.out.println(
                    timeline(
                        each.getKey(),
                        new Simulation(each.getKey(), Set.of(), Set.of()),
                        each.getValue())));
    return violations;
  }

  /**
   * Runs schedules on several threads.
   *
   * @return the processor time that they took, in seconds
   */
  private double run(Map<Long, Violation> violations, Map<String, Long> lateWrites)
      throws InterruptedException, ExecutionException {
    AtomicLong next = new AtomicLong(first);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    // kept open, so that the loggers are not changed for each schedule
    Logs logs = new Logs();
    try {
      List<Future<Long>> workers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        workers.add(executor.submit(() -> run(next, first + count, violations, lateWrites)));
      }
      long nanos = 0;
      for (Future<Long> worker : workers) {
        nanos += worker.get();
      }
      return nanos / 1e9;
    } finally {
      executor.shutdownNow();
      logs.close();
    }
  }

  private static long run(
      AtomicLong next, long end, Map<Long, Violation> violations, Map<String, Long> lateWrites) {
    for (long seed = next.getAndIncrement(); seed < end; seed = next.getAndIncrement()) {
      Simulation simulation = new Simulation(seed, Set.of(), Set.of());
      Optional<Violation> violation = simulation.run();
      simulation.lateWrites().forEach((kind, number) -> lateWrites.merge(kind, number, Long::sum));
      if (violation.isPresent()) {
        violations.put(seed, violation.get());
      }
    }
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** Tells what happens in the smallest schedule of a seed that shows the violation. */
  static String timeline(long seed, Simulation simulation, Violation violation) {
    List<Fault> faults = simulation.shrink(violation);
    List<String> lines = new ArrayList<>();
    simulation.run(faults, lines::add);
    return "seed %d, shrunk to %d faults; repeat it by ./mvnw test -Dtest=SimulationTest -Dseed=%d -Dschedules=1%n%s"
        .formatted(seed, faults.size(), seed, String.join(System.lineSeparator(), lines));
  }
}
