package io.rwopguard.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * A command that ran in this process.
 *
 * @param output its help
 * @param error what is wrong, by the usual way of all commands
 */
record CommandLineRun(int exitCode, String output, String error) {

  static CommandLineRun of(String... arguments) {
    StringWriter output = new StringWriter();
    StringWriter error = new StringWriter();
    CommandLine commands = Main.commands();
    commands.setOut(new PrintWriter(output, true));
    commands.setErr(new PrintWriter(error, true));
    return new CommandLineRun(commands.execute(arguments), output.toString(), error.toString());
  }
}
