package io.rwopguard.cli;

import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** Refuses arguments before a subcommand, which the parent command parses and does not use. */
final class ParentArguments {

  private ParentArguments() {}

  /**
   * Refuses them, because the subcommand would ignore {@code --kubeconfig} and use another cluster.
   */
  static void refuse(CommandSpec command) {
    for (ArgSpec argument : command.parent().commandLine().getParseResult().matchedArgs()) {
      throw new ParameterException(
          command.commandLine(),
          "%s has no effect before %s; write it after %s if %s has it, or remove it"
              .formatted(
                  argument instanceof OptionSpec option
                      ? option.longestName()
                      : argument.paramLabel(),
                  command.name(),
                  command.name(),
                  command.name()));
    }
  }
}
