package io.rwopguard.cli;

import io.rwopguard.rules.ClusterCheck;
import io.rwopguard.rules.RuleDocumentation;
import io.rwopguard.rules.RuleSet;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists all rules, one per line. */
@Command(
    name = "rules",
    description = "Lists the rules with their findings and severities.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {"0:The rules are listed.", ExitCodes.MISUSE_TEXT},
    footer = {"", "  rwop-guard rules", "  rwop-guard explain csi-only"})
final class RulesCommand implements Callable<Integer> {

  @Override
  public Integer call() {
    print(RuleSet.WITH_DEFAULTS.rules());
    System.out.println("\nChecks that only an audit of a cluster makes:");
    print(Arrays.asList(ClusterCheck.values()));
    return ExitCodes.DONE;
  }

  private static void print(List<? extends RuleDocumentation> rules) {
    rules.forEach(rule -> System.out.printf("%-24s %s%n", rule.id(), rule.summary()));
  }
}
