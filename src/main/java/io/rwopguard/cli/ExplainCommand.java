package io.rwopguard.cli;

import io.rwopguard.rules.RuleDocumentation;
import io.rwopguard.rules.RuleSet;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Explains one rule. */
@Command(
    name = "explain",
    description = "Explains what a rule finds, why that is a mistake, and how to fix it.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {"0:The rule is explained.", ExitCodes.MISUSE_TEXT},
    footer = {"", "  rwop-guard explain csi-only"})
final class ExplainCommand implements Callable<Integer> {

  @Parameters(paramLabel = "RULE", description = "The rule's id, as shown at the end of a finding.")
  private String id;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Optional<RuleDocumentation> found =
        RuleSet.explained().stream().filter(each -> each.id().equals(id)).findFirst();
    if (found.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "rule %s does not exist; the rules are %s"
              .formatted(
                  id,
                  RuleSet.explained().stream()
                      .map(RuleDocumentation::id)
                      .collect(Collectors.joining(", "))));
    }
    System.out.print(text(found.get()));
    return ExitCodes.DONE;
  }

  /** Returns the text of docs/reference/rules.md for a terminal. */
  static String text(RuleDocumentation rule) {
    return """
        %s

        It finds:    %s
        Why:         %s
        By default:  %s
        Remediation: %s
        """
        .formatted(rule.id(), rule.summary(), rule.why(), rule.byDefault(), rule.remedy());
  }
}
