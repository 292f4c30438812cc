package io.rwopguard.simulation;

import io.rwopguard.testing.process.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/**
 * Runs {@link Schedules} from the beginning of the integration tests on, if {@link SimulationIT} is
 * among them. The process takes the processor time that nothing else wants: the other tests mostly
 * wait.
 */
public final class BackgroundSimulation implements TestExecutionListener {

  private static final int SCHEDULES = 100_000;

  /**
   * Time limit. They take a tenth of it on two free processors; on a new machine binaries are built
   * first.
   */
  private static final Duration PATIENCE = Duration.ofMinutes(70);

  private static CompletableFuture<Program> started;

  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    boolean wanted =
        plan.getRoots().stream()
            .flatMap(root -> plan.getDescendants(root).stream())
            .flatMap(test -> test.getSource().stream())
            .anyMatch(
                source ->
                    source instanceof ClassSource test
                        && test.getClassName().equals(SimulationIT.class.getName()));
    if (wanted) {
      start();
    }
  }

  private static synchronized void start() {
    if (started == null) {
      started =
          CompletableFuture.supplyAsync(
              BackgroundSimulation::run, BackgroundSimulation::inBackground);
    }
  }

  private static void inBackground(Runnable run) {
    Thread thread = new Thread(run, "simulation");
    thread.setDaemon(true);
    thread.start();
  }

  private static Program run() {
    List<String> command =
        new ArrayList<>(
            List.of(
                "src/testbed/idle",
                java().toString(),
                // the least processor time: nearly all that it allocates is garbage soon, so that
                // rare collections of a large young generation copy little (a tenth of the time)
                "-XX:+UseSerialGC",
                "-Xms1g",
                "-Xmn700m",
                "-cp",
                System.getProperty("java.class.path")));
    Stream.of("java.util.logging.manager", "schedules", "threads")
        .filter(name -> System.getProperty(name) != null)
        .forEach(name -> command.add("-D%s=%s".formatted(name, System.getProperty(name))));
    command.addAll(List.of(Schedules.class.getName(), String.valueOf(SCHEDULES)));
    return Program.run(new ProcessBuilder(command).redirectErrorStream(true), "", PATIENCE);
  }

  /**
   * Returns the JDK of the image if this machine has it, as {@code src/image/build} finds it: it
   * runs more schedules in a second than JDK 17.
   */
  private static Path java() {
    Path others = Path.of("/usr/lib/jvm");
    Path ours = Path.of(System.getProperty("java.home"));
    try (Stream<Path> jdks = Files.isDirectory(others) ? Files.list(others) : Stream.empty()) {
      return jdks.filter(jdk -> jdk.getFileName().toString().contains("25"))
          .map(jdk -> jdk.resolve("bin/java"))
          .filter(Files::isExecutable)
          .sorted()
          .findFirst()
          .orElse(ours.resolve("bin/java"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it has ended. */
  static Program result() {
    start();
    return started.join();
  }
}
