package io.rwopguard.docs.tables;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** Lists the meaning of the exit codes of each command, as its help states it. */
public final class ExitCodesTable {

  private static final List<String> CODES = List.of("0", "1", "2", "64");

  private ExitCodesTable() {}

  public static String of(CommandLine commands) {
    return "| command | %s |%n|---|%s%n%s"
        .formatted(String.join(" | ", CODES), "---|".repeat(CODES.size()), rows(commands, ""));
  }

  private static String rows(CommandLine commands, String prefix) {
    StringBuilder rows = new StringBuilder();
    commands
        .getSubcommands()
        .forEach(
            (name, command) -> {
              Map<String, String> meanings = command.getCommandSpec().usageMessage().exitCodeList();
              rows.append(
                  "| `%s%s` | %s |%n"
                      .formatted(
                          prefix,
                          name,
                          CODES.stream()
                              .map(code -> meanings.getOrDefault(code, ""))
                              .collect(Collectors.joining(" | "))));
              rows.append(rows(command, prefix + name + " "));
            });
    return rows.toString();
  }
}
