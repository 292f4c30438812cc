package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.migration.fleet.Fleet;
import io.rwopguard.migration.fleet.FleetReport;
import io.rwopguard.migration.fleet.Window;
import io.rwopguard.migration.plan.MigrationOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** Moves the claims of many workloads with one command. */
final class FleetOptions {

  private static final int FAILURES = 3;

  @Option(
      names = "--selector",
      paramLabel = "LABELS",
      converter = LabelSelector.class,
      description = "All claims with these labels, of the namespace or of all.")
  private String selector;

  @Option(names = "--all-namespaces", description = "All claims of all namespaces.")
  private boolean everywhere;

  @Option(
      names = "--max-parallel",
      paramLabel = "NUMBER",
      description = "The number of workloads to migrate in parallel (default: 1).")
  private Integer parallel;

  @Option(
      names = "--max-failures",
      paramLabel = "NUMBER",
      description = "The number of failures after which no further migration starts (default: 3).")
  private Integer failures;

  @Option(
      names = "--window",
      paramLabel = "FROM-TO",
      converter = WindowConverter.class,
      description = "The time of day in which migrations may start, such as 01:00-05:00.")
  private Window window;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Also write the report to this file, as JSON.")
  private Path report;

  /** Reads a window. */
  static final class WindowConverter implements ITypeConverter<Window> {
    @Override
    public Window convert(String text) {
      try {
        return Window.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** Returns whether the options select more than one claim. */
  boolean isMeant() {
    return everywhere || selector != null;
  }

  /**
   * Moves the claims, or prints the plan.
   *
   * @return the exit code
   */
  int run(
      KubernetesClient client,
      Optional<String> namespace,
      MigrationOptions options,
      boolean apply,
      Duration patience) {
    Fleet fleet =
        new Fleet(
            client,
            new Fleet.Settings(
                namespace.map(Set::of).orElse(Set.of()),
                selector == null ? "" : selector,
                Objects.requireNonNullElse(parallel, 1),
                Optional.ofNullable(window),
                Objects.requireNonNullElse(failures, FAILURES),
                patience),
            options,
            InstantSource.system(),
            ZoneId.systemDefault());
    CountDownLatch reported = new CountDownLatch(1);
    if (apply) {
      pauseOnSignal(fleet, reported);
    }
    try {
      FleetReport result =
          apply ? fleet.apply(line -> System.out.println("  " + line)) : fleet.plan();
      result.lines().forEach(System.out::println);
      if (!apply) {
        System.out.println("Nothing was changed; add --apply to run the plan.");
      }
      write(result);
      return result.isWhole() ? ExitCodes.DONE : ExitCodes.NOT_DONE;
    } finally {
      reported.countDown();
    }
  }

  /**
   * Returns the namespace of the selected claims; empty for one claim, or for those of all
   * namespaces.
   *
   * @throws ParameterException if the options do not fit each other
   */
  Optional<String> namespace(ClaimArgument target, CommandLine command) {
    if (isNotPositive(parallel) || isNotPositive(failures)) {
      throw new ParameterException(
          command, "--max-parallel and --max-failures must be whole numbers of 1 or more");
    }
    if (!isMeant()) {
      if (parallel != null || failures != null || window != null || report != null) {
        throw new ParameterException(
            command,
            "--max-parallel, --max-failures, --window and --report apply only to several claims; add --selector or --all-namespaces, or remove them");
      }
      return Optional.empty();
    }
    if (everywhere && target != null) {
      throw new ParameterException(
          command, "--all-namespaces selects all namespaces; remove the namespace or the claim");
    }
    if (!everywhere && target == null) {
      throw new ParameterException(
          command, "with --selector write a namespace, or add --all-namespaces");
    }
    checkReport(command);
    return Optional.ofNullable(target).map(named -> named.namespaceAlone(command, "--selector"));
  }

  private static boolean isNotPositive(Integer number) {
    return number != null && number < 1;
  }

  /** Checks that the report can be written, before an hour of moves and not after it. */
  private void checkReport(CommandLine command) {
    if (report == null) {
      return;
    }
    try (OutputStream any =
        Files.newOutputStream(report, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      any.flush();
    } catch (IOException e) {
      throw new ParameterException(
          command, "--report: %s cannot be written (%s)".formatted(report, e), e);
    }
  }

  /** Completes the moves in progress on a signal, and starts no other. */
  private static void pauseOnSignal(Fleet fleet, CountDownLatch reported) {
    Runnable pause =
        () -> {
          if (reported.getCount() > 0) {
            fleet.pause();
            System.err.println(
                "rwop-guard: paused: migrations in progress will complete; repeat the command to resume the rest");
            try {
              reported.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    Runtime.getRuntime().addShutdownHook(new Thread(pause, "pause"));
  }

  private void write(FleetReport result) {
    if (report != null) {
      try {
        Files.writeString(report, result.toJson());
      } catch (IOException e) {
        throw new UncheckedIOException(
            "the report cannot be written to %s; its content is printed above".formatted(report),
            e);
      }
    }
  }
}
