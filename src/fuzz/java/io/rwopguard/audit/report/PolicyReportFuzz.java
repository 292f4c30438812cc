package io.rwopguard.audit.report;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.rwopguard.audit.AuditFinding;
import io.rwopguard.audit.AuditedObject;
import io.rwopguard.audit.FindingCounts;
import io.rwopguard.fuzz.Inputs;
import io.rwopguard.model.Kind;
import io.rwopguard.model.MalformedObjectException;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectReader;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.manifests.FixtureInventory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes a policy report with the findings in an object. Each result has the whole finding, as one
 * line without control characters.
 */
public final class PolicyReportFuzz {

  private static final JsonMapper JSON = new JsonMapper();
  private static final ReportApi API =
      new ReportApi("wgpolicyk8s.io", "v1beta1", "PolicyReport", "ClusterPolicyReport");
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private PolicyReportFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) throws JsonProcessingException {
    ObjectNode object = Inputs.object(input).orElse(null);
    Kind kind = object == null ? null : Inputs.kind(object).orElse(null);
    if (kind == null) {
      return;
    }
    List<AuditFinding> findings = new ArrayList<>();
    try {
      ObjectFacts facts = ObjectReader.read(kind, "shop", object);
      AuditedObject audited = new AuditedObject("v1", kind.kindName(), "shop", "object", "1");
      for (Finding each :
          RuleSet.WITH_DEFAULTS.findings(facts, Optional.empty(), new FixtureInventory())) {
        findings.add(new AuditFinding(audited, each));
      }
    } catch (MalformedObjectException e) {
      return;
    }
    JsonNode results =
        JSON.readTree(
                Serialization.asJson(
                    PolicyReport.of(API, "shop", findings, new FindingCounts(), NOW)))
            .path("results");
    same(findings.size(), results.size(), "the report has other findings");
    for (int i = 0; i < results.size(); i++) {
      String message = results.get(i).path("message").asText();
      same(findings.get(i).finding().message(), message, "another message");
      check(message.chars().noneMatch(Character::isISOControl), "a control character", message);
    }
  }
}
