package io.rwopguard.lint;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import io.rwopguard.rules.RuleSet;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Optional;

/**
 * Lints standard input. All reports have the same findings, and those for programs are JSON. SARIF
 * marks at least one character for each, and the text has no control characters.
 */
public final class LintFuzz {

  private static final JsonMapper JSON = new JsonMapper();
  private static final MutationSet MUTATIONS = new MutationSet(MutationSettings.DEFAULTS);

  private LintFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    LintRun run =
        new LintRun(
            List.of(Sources.STANDARD_INPUT),
            RuleSet.WITH_DEFAULTS,
            Optional.empty(),
            new EmptyInventory(),
            Optional.empty(),
            new ByteArrayInputStream(input));
    int findings = run.result().findings().size();
    JsonNode json = parsed(run.json());
    same(findings, json.path("findings").size(), "the JSON report has other findings");
    same(
        run.result().unreadable().size(),
        json.path("unreadable").size(),
        "the JSON report has other unreadable parts");
    JsonNode results = parsed(run.sarif("1")).path("runs").path(0).path("results");
    same(findings, results.size(), "SARIF has other findings");
    for (JsonNode result : results) {
      JsonNode region = result.at("/locations/0/physicalLocation/region");
      check(
          region.path("startLine").asInt() > 0
              && region.path("startColumn").asInt() > 0
              && region.path("endColumn").asInt() > region.path("startColumn").asInt(),
          "an empty region",
          region);
    }
    check(run.text().endsWith("\n"), "the text ends within a line", run.text());
    check(
        run.text().chars().noneMatch(each -> each != '\n' && Character.isISOControl(each)),
        "a control character",
        run.text());
    run.diff(MUTATIONS);
  }

  private static JsonNode parsed(String report) {
    try {
      return JSON.readTree(report);
    } catch (JsonProcessingException e) {
      throw new AssertionError(report, e);
    }
  }
}
