package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What the program is started for: without arguments it is the service, else a command. */
@QuarkusMain
@Command(
    name = "rwop-guard",
    description = "Without a command it is the service.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "[COMMAND]",
    subcommands = {
      Lint.class,
      Rules.class,
      Explain.class,
      Migrate.class,
      CheckInstallation.class,
      FailoverByHand.class
    })
public final class Main {

  /** The command line is wrong: EX_USAGE of sysexits.h. */
  private static final int USAGE = 64;

  private static final int FAILED = 1;

  private Main() {}

  public static void main(String... arguments) {
    if (arguments.length == 0) {
      Quarkus.run(arguments);
      return;
    }
    // a command asks and ends: nothing of the service is started for it
    CommandLine commands = new CommandLine(new Main());
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setUsageHelpWidth(100);
    commands.setParameterExceptionHandler(Main::misused);
    commands.setExecutionExceptionHandler(Main::failed);
    System.exit(commands.execute(arguments));
  }

  private static int misused(CommandLine.ParameterException problem, String... arguments) {
    CommandLine command = problem.getCommandLine();
    System.err.printf("rwop-guard: %s%n", problem.getMessage());
    command.usage(System.err);
    return USAGE;
  }

  private static int failed(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    if (failure instanceof KubernetesClientException refusal) {
      String message =
          refusal.getStatus() == null ? refusal.getMessage() : refusal.getStatus().getMessage();
      System.err.printf("rwop-guard: the cluster could not be asked: %s%n", message);
    } else {
      System.err.printf("rwop-guard: %s%n", failure.getMessage());
    }
    return FAILED;
  }
}
