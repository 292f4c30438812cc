package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.RuleMode;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Checks the severity of findings by settings, namespace labels and exemptions. */
class PolicyTest {

  private static final Policy SINGLE_CONSUMER_WARNS =
      new Policy(Map.of("single-consumer", RuleMode.WARN), List.of(), Set.of());

  /** Two Pods on one exclusive claim are denied, and a claim that is missing is warned of. */
  private static ObjectFacts deployment() {
    return Manifests.facts(
        Manifests.parse(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web-1}
            spec:
              replicas: 2
              strategy: {type: Recreate}
              template:
                spec:
                  containers: [{name: db}]
                  volumes:
                    - {name: data, persistentVolumeClaim: {claimName: exclusive}}
                    - {name: more, persistentVolumeClaim: {claimName: missing}}
            """));
  }

  private static String verdicts(Policy policy, ObjectFacts object, Map<String, String> labels) {
    return new RuleSet(policy, Set.of())
        .findings(object, Optional.empty(), new FixtureInventory(labels)).stream()
            .map(finding -> finding.rule() + " " + finding.severity().label())
            .reduce((a, b) -> a + ", " + b)
            .orElse("nothing");
  }

  @ParameterizedTest
  @EnumSource(RuleMode.class)
  void a_setting_decides_for_a_rule(RuleMode mode) {
    Policy policy = new Policy(Map.of("single-consumer", mode), List.of(), Set.of());

    assertThat(verdicts(policy, deployment(), Map.of()))
        .isEqualTo(
            mode == RuleMode.OFF
                ? "claim-unknown warn"
                : "single-consumer %s, claim-unknown warn"
                    .formatted(mode.severity().orElseThrow().label()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // the general label only lowers: a warning does not become a denial
        "rwop-guard.io/mode=deny | single-consumer deny, claim-unknown warn",
        "rwop-guard.io/mode=warn | single-consumer warn, claim-unknown warn",
        "rwop-guard.io/mode=audit | single-consumer audit, claim-unknown audit",
        "rwop-guard.io/mode=off | nothing",
        "rules.rwop-guard.io/single-consumer=audit | single-consumer audit, claim-unknown warn",
        "rules.rwop-guard.io/single-consumer=off | claim-unknown warn",
        "rules.rwop-guard.io/claim-unknown=deny | single-consumer deny, claim-unknown deny",
        // what is more particular goes first
        "rwop-guard.io/mode=off,rules.rwop-guard.io/single-consumer=deny | single-consumer deny",
        // typing errors refuse nothing and switch nothing off
        "rwop-guard.io/mode=enforce | single-consumer deny, claim-unknown warn",
        "rwop-guard.io/mutate=enabled | single-consumer deny, claim-unknown warn",
      })
  void a_namespaces_labels_decide_for_its_objects(String written, String verdicts) {
    Map<String, String> labels =
        List.of(written.split(",", -1)).stream()
            .map(label -> label.split("=", -1))
            .collect(Collectors.toMap(label -> label[0], label -> label[1]));

    assertThat(verdicts(Policy.DEFAULTS, deployment(), labels)).isEqualTo(verdicts);
  }

  @Test
  void a_namespaces_label_for_a_rule_goes_before_the_setting_and_its_general_one_lowers_it() {
    assertThat(
            verdicts(
                SINGLE_CONSUMER_WARNS,
                deployment(),
                Map.of("rules.rwop-guard.io/single-consumer", "deny")))
        .isEqualTo("single-consumer deny, claim-unknown warn");
    assertThat(verdicts(SINGLE_CONSUMER_WARNS, deployment(), Map.of("rwop-guard.io/mode", "audit")))
        .isEqualTo("single-consumer audit, claim-unknown audit");
  }

  @Test
  void nothing_is_refused_in_a_namespace_that_is_never_blocked_whatever_its_labels_say() {
    Policy policy = new Policy(Map.of(), List.of(), Set.of("shop"));

    assertThat(
            verdicts(policy, deployment(), Map.of("rules.rwop-guard.io/single-consumer", "deny")))
        .isEqualTo("single-consumer warn, claim-unknown warn");
  }

  @ParameterizedTest
  @CsvSource({
    "shop, , , , nothing",
    "sh*, , , , nothing",
    "s, , , , 'single-consumer deny, claim-unknown warn'",
    "other, , , , 'single-consumer deny, claim-unknown warn'",
    ", Deployment, , , nothing",
    ", StatefulSet, , , 'single-consumer deny, claim-unknown warn'",
    ", , web-*, , nothing",
    ", , *, , nothing",
    // a dot is a dot
    ", , web.1, , 'single-consumer deny, claim-unknown warn'",
    "shop, Deployment, web-1, single-consumer, claim-unknown warn",
    "shop, Deployment, web-2, single-consumer, 'single-consumer deny, claim-unknown warn'",
  })
  void an_exemption_covers_what_fits_all_that_it_names(
      String namespace, String kind, String name, String rule, String verdicts) {
    Exemption exemption =
        new Exemption(
            pattern(namespace),
            Optional.ofNullable(kind),
            pattern(name),
            rule == null ? Set.of() : Set.of(rule));

    assertThat(verdicts(new Policy(Map.of(), List.of(exemption), Set.of()), deployment(), Map.of()))
        .isEqualTo(verdicts);
  }

  @Test
  void an_exemption_of_a_deployment_covers_its_scale() {
    ObjectFacts scale =
        Manifests.facts(
            Manifests.read(
                Manifests.RESOURCES.resolve("rules/scale-beyond-one/fail/to-three.yaml")));
    Exemption exemption =
        new Exemption(
            Optional.empty(), Optional.of("Deployment"), pattern("on-exclusive"), Set.of());

    assertThat(verdicts(Policy.DEFAULTS, scale, Map.of())).isEqualTo("scale-beyond-one deny");
    assertThat(verdicts(new Policy(Map.of(), List.of(exemption), Set.of()), scale, Map.of()))
        .isEqualTo("nothing");
  }

  @Test
  void a_scale_of_what_an_operator_keeps_is_only_audited() {
    ObjectFacts scale =
        Manifests.facts(
            Manifests.read(
                Manifests.RESOURCES.resolve(
                    "rules/scale-beyond-one/fail/of-what-a-controller-made.yaml")));

    assertThat(verdicts(Policy.DEFAULTS, scale, Map.of())).isEqualTo("scale-beyond-one audit");
  }

  /** The workloads are fine: only migrate and failover want another object. */
  @ParameterizedTest
  @CsvSource({
    "in-tree-source-that-csi-serves, warn",
    "in-tree-source-that-forgets-the-mode, warn",
    "claim-of-a-migrated-class, warn",
    "template-of-a-migrated-class, warn",
    // whether one does is unknown
    "in-tree-source-that-csi-may-serve, warn",
    "claim-of-a-class-that-csi-may-serve, warn",
    "host-path, deny",
    "provisioned-host-path, deny",
    "claim-of-an-in-tree-class, deny",
    "claim-of-a-class-without-provisioner, deny"
  })
  void no_mode_refuses_what_a_csi_driver_serves(String fixture, String verdict) {
    ObjectFacts object =
        Manifests.facts(
            Manifests.read(
                Manifests.RESOURCES.resolve("rules/csi-only/fail/" + fixture + ".yaml")));
    Policy denies = new Policy(Map.of("csi-only", RuleMode.DENY), List.of(), Set.of());
    Map<String, String> labels = Map.of("rules.rwop-guard.io/csi-only", "deny");

    assertThat(verdicts(denies, object, Map.of())).isEqualTo("csi-only " + verdict);
    assertThat(verdicts(Policy.DEFAULTS, object, labels)).isEqualTo("csi-only " + verdict);
    Policy audits = new Policy(Map.of("csi-only", RuleMode.AUDIT), List.of(), Set.of());
    assertThat(verdicts(audits, object, Map.of())).isEqualTo("csi-only audit");
  }

  private static Optional<Pattern> pattern(String name) {
    return Optional.ofNullable(name).map(Exemption::pattern);
  }
}
