package io.rwopguard.cli;

import io.rwopguard.rules.Rule;
import io.rwopguard.rules.RuleSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** All rules, a line each. */
@Command(
    name = "rules",
    description = "Lists the rules: what each finds, and how seriously that is taken.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {"", "  rwop-guard rules", "  rwop-guard explain csi-only"})
final class Rules implements Callable<Integer> {

  @Override
  public Integer call() {
    for (Rule rule : RuleSet.WITH_DEFAULTS.rules()) {
      System.out.printf("%-24s %s%n", rule.id(), rule.summary());
    }
    return 0;
  }
}
