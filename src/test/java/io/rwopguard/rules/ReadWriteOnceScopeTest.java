package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.AccessScope;
import io.rwopguard.config.RuleMode;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.inventory.Nodes;
import io.rwopguard.inventory.manifests.ManifestInventory;
import io.rwopguard.model.Kind;
import io.rwopguard.model.Severity;
import io.rwopguard.testing.manifests.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.ThrowingConsumer;

/**
 * Tests the findings about ReadWriteOnce claims in a namespace that asks for it. The first line of
 * each manifest of {@code scope/fail} names the rules that find something.
 */
class ReadWriteOnceScopeTest {

  private static final RuleSet EVERYWHERE =
      new RuleSet(Policy.DEFAULTS, Set.of(), AccessScope.READ_WRITE_ONCE);

  /**
   * Rules with findings of an offline reader about claims it cannot know, which this test leaves
   * out.
   */
  private static final Set<String> OTHER_RULES = Set.of("claim-unknown", "csi-only");

  private static Stream<DynamicTest> each(String folder, ThrowingConsumer<Path> test) {
    return DynamicTest.stream(
        Manifests.in(folder).stream(), file -> file.getFileName().toString(), test);
  }

  @TestFactory
  Stream<DynamicTest> what_waits_on_another_node_is_warned_of() {
    return each(
        "scope/fail",
        file -> {
          assertThat(rules(findings(file, "ReadWriteOnce", RuleSet.WITH_DEFAULTS)))
              .isEqualTo(expected(file));
          assertThat(rules(findings(file, "", EVERYWHERE))).isEqualTo(expected(file));
          assertThat(findings(file, "readwriteonce", RuleSet.WITH_DEFAULTS))
              .isNotEmpty()
              .allSatisfy(
                  finding -> {
                    assertThat(finding.severity()).isEqualTo(Severity.WARN);
                    assertThat(finding.as(Severity.DENY).severity()).isEqualTo(Severity.WARN);
                    assertThat(finding.detail())
                        .contains("data")
                        .containsPattern("ReadWriteOnce\\b");
                  });
        });
  }

  @TestFactory
  Stream<DynamicTest> a_namespace_that_does_not_ask_is_not_warned() {
    return each(
        "scope/fail",
        file -> {
          assertThat(findings(file, "", RuleSet.WITH_DEFAULTS)).isEmpty();
          assertThat(findings(file, "ReadWriteOncePod", EVERYWHERE)).isEmpty();
          assertThat(findings(file, "typo", RuleSet.WITH_DEFAULTS)).isEmpty();
        });
  }

  @TestFactory
  Stream<DynamicTest> what_cannot_wait_is_not_warned_of() {
    return each(
        "scope/pass",
        file -> assertThat(findings(file, "ReadWriteOnce", RuleSet.WITH_DEFAULTS)).isEmpty());
  }

  @Test
  void a_mode_makes_no_refusal_of_a_warning() {
    Map<String, RuleMode> modes = Map.of("single-consumer", RuleMode.DENY);
    RuleSet strict = new RuleSet(new Policy(modes, List.of(), Set.of()), Set.of());
    Path file = Manifests.RESOURCES.resolve("scope/fail/three-replicas.yaml");
    assertThat(findings(file, "ReadWriteOnce", strict))
        .hasSize(1)
        .allSatisfy(finding -> assertThat(finding.severity()).isEqualTo(Severity.WARN));
  }

  @Test
  void a_scale_is_warned_of() {
    ManifestInventory inventory = inventory("ReadWriteOnce");
    Manifests.readAll(Manifests.RESOURCES.resolve("scope/pass/one-with-recreate.yaml"))
        .forEach(json -> add(json, inventory));
    ObjectNode scale =
        Manifests.parse(
            """
            apiVersion: autoscaling/v1
            kind: Scale
            metadata: {name: web, namespace: shop}
            spec: {replicas: 3}
            """);
    assertThat(RuleSet.WITH_DEFAULTS.findings(Manifests.facts(scale), Optional.empty(), inventory))
        .extracting(Finding::rule, Finding::severity)
        .containsExactly(tuple("scale-beyond-one", Severity.WARN));
  }

  @Test
  void one_node_is_known_by_its_labels_and_taints() {
    JsonNode any = Manifests.parse("{}");
    JsonNode disk = Manifests.parse("{nodeSelector: {disk: ssd}}");
    JsonNode tolerant = Manifests.parse("{tolerations: [{operator: Exists}]}");
    String control =
        "{metadata: {name: c}, spec: {taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}}";
    String worker = "{metadata: {name: w, labels: {disk: ssd}}}";
    String silent =
        "{metadata: {name: s}, spec: {taints: [{key: node.kubernetes.io/unreachable, effect: NoExecute}]}}";

    assertThat(nodes(worker).leaveOneFor(any)).isTrue();
    assertThat(nodes(control, worker).leaveOneFor(any)).isTrue();
    assertThat(nodes(control, worker).leaveOneFor(tolerant)).isFalse();
    assertThat(nodes(worker, silent).leaveOneFor(any)).isFalse();
    assertThat(nodes(worker, silent).leaveOneFor(disk)).isTrue();
    assertThat(nodes(worker, worker).leaveOneFor(disk)).isFalse();
    assertThat(nodes().leaveOneFor(any)).as("a large cluster, or one that is not known").isFalse();
  }

  private static Nodes nodes(String... manifests) {
    return new Nodes(Arrays.stream(manifests).map(Manifests::parse).map(Nodes.Node::of).toList());
  }

  private static Set<String> rules(List<Finding> findings) {
    Set<String> rules = new TreeSet<>();
    findings.forEach(finding -> rules.add(finding.rule()));
    return rules;
  }

  private static Set<String> expected(Path file) throws IOException {
    String first = Files.readAllLines(file).get(0);
    return new TreeSet<>(Arrays.asList(first.substring(2).split(", ")));
  }

  private static List<Finding> findings(Path file, String scope, RuleSet rules) {
    ManifestInventory inventory = inventory(scope);
    List<ObjectNode> manifests = Manifests.readAll(file);
    manifests.forEach(json -> add(json, inventory));
    List<Finding> all = new ArrayList<>();
    for (ObjectNode json : manifests) {
      kind(json)
          .map(kind -> Manifests.facts(json))
          .ifPresent(object -> all.addAll(rules.findings(object, Optional.empty(), inventory)));
    }
    return all.stream().filter(finding -> !OTHER_RULES.contains(finding.rule())).toList();
  }

  private static ManifestInventory inventory(String scope) {
    ManifestInventory inventory = new ManifestInventory(new EmptyInventory());
    inventory.addOther(
        Manifests.parse(
            "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {rwop-guard.io/scope: '%s'}}}"
                .formatted(scope)));
    return inventory;
  }

  private static void add(ObjectNode json, ManifestInventory inventory) {
    if (kind(json).isPresent()) {
      inventory.add(Manifests.facts(json));
    } else {
      inventory.addOther(json);
    }
  }

  private static Optional<Kind> kind(JsonNode json) {
    String apiVersion = json.path("apiVersion").asText();
    String group = apiVersion.contains("/") ? apiVersion.replaceAll("/.*", "") : "";
    return Kind.of(group, json.path("kind").asText());
  }
}
