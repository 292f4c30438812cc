package io.rwopguard.cli;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quarkus.runtime.util.ExceptionUtil;
import io.rwopguard.migration.plan.RefusedException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** Runs the service if there are no arguments, or else a command. */
@QuarkusMain
@Command(
    name = "rwop-guard",
    description = "Without a command it runs the service.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    synopsisSubcommandLabel = "[COMMAND]",
    footer = {"", "Each command has --help, with its exit codes."},
    subcommands = {
      LintCommand.class,
      AuditCommand.class,
      RulesCommand.class,
      ExplainCommand.class,
      MigrateCommand.class,
      CheckInstallationCommand.class,
      ManualFailoverCommand.class
    })
public final class Main {

  private Main() {}

  public static void main(String... arguments) {
    if (arguments.length == 0) {
      Quarkus.run(arguments);
      return;
    }
    // a command ends soon and needs no part of the service
    CommandLog.toStandardError();
    System.exit(commands().execute(arguments));
  }

  /** Returns the commands, as {@link #main} runs them. */
  public static CommandLine commands() {
    CommandLine commands = new CommandLine(new Main());
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setUsageHelpWidth(100);
    commands.setParameterExceptionHandler(Main::misused);
    commands.setExecutionExceptionHandler(Main::failed);
    return commands;
  }

  private static int misused(CommandLine.ParameterException problem, String... arguments) {
    CommandLine command = problem.getCommandLine();
    command.getErr().printf("rwop-guard: %s%n", problem.getMessage());
    command.usage(command.getErr());
    return ExitCodes.MISUSE;
  }

  private static int failed(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    PrintWriter err = command.getErr();
    if (failure instanceof RefusedException) {
      failure.getMessage().lines().forEach(line -> err.println(prefixed(line)));
      return ExitCodes.NOT_DONE;
    }
    err.printf("rwop-guard: %s%n", message(failure) + whoIsSilent(failure, command));
    return failure instanceof MisuseException ? ExitCodes.MISUSE : ExitCodes.NOT_ASKED;
  }

  /** Returns a line with the program's name, except for an indented command to copy. */
  private static String prefixed(String line) {
    return line.startsWith("  ") ? line : "rwop-guard: " + line;
  }

  /** Returns the address of an API server that did not answer, for the message. */
  private static String whoIsSilent(Exception failure, CommandLine command) {
    boolean silent =
        failure instanceof KubernetesClientException refusal && refusal.getStatus() == null;
    return command.getCommandSpec().mixins().values().stream()
        .map(CommandSpec::userObject)
        .filter(mixin -> silent && mixin instanceof ClusterOptions)
        .map(cluster -> " at " + ((ClusterOptions) cluster).url())
        .findFirst()
        .orElse("");
  }

  /** Returns the message about a failure, for a user. */
  static String message(Exception failure) {
    if (failure instanceof KubernetesClientException refusal) {
      String what = refusal.getStatus() == null ? root(refusal) : refusal.getStatus().getMessage();
      return refusal.getCode() / 100 == 4
          ? "the API server refused a request: %s%s".formatted(what, advice(refusal.getCode()))
          : "the cluster is unreachable: " + what;
    }
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }

  /** Returns the fix for a refusal, to follow the API server's message. */
  private static String advice(int code) {
    return switch (code) {
      case 401 ->
          "; log in to the cluster again, or name a kubeconfig whose credentials are valid with --kubeconfig";
      case 403 ->
          "; ask the cluster's administrator for this right, or name a kubeconfig that has it with --kubeconfig";
      case 409 -> "; the object changed in the meantime: repeat the command";
      case 429 -> "; the API server is busy: repeat the command later";
      default -> "";
    };
  }

  /**
   * Returns the message of the innermost cause, which names the problem. The client's own message
   * only names the request.
   */
  static String root(Throwable failure) {
    Throwable root = ExceptionUtil.getRootCause(failure);
    return root.getMessage() == null ? root.toString() : root.getMessage();
  }
}
