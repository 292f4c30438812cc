package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Severity;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import io.rwopguard.rules.Author;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.Seed;
import io.rwopguard.testing.apiserver.ApiRequests;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.chart.ConditionalWebhooks;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.network.RecordingWebhook;
import io.rwopguard.testing.random.RandomWorkloads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Checks that no rule has a finding about what the chart's matchConditions exclude, and that no
 * mutation concerns it. Each webhook is registered twice at a real API server, with its conditions
 * and without. All are registered as mutating ones. The API server asks these before its own
 * validation, and so also about fixtures that it would refuse.
 */
@OnSecondApiServer
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MatchConditionsIT {

  private static final MutationSet MUTATIONS = new MutationSet(MutationSettings.DEFAULTS);
  private static final long SEED = Seed.ofThisRun();

  private ApiServer api;
  private ApiRequests requests;
  private RecordingWebhook webhook;

  @BeforeAll
  void register() throws Exception {
    api = ApiServer.running();
    requests = new ApiRequests(api.client());
    api.client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(ApiRequests.NAMESPACE)
                .addToLabels("rwop-guard.io/mutate", "enabled")
                .endMetadata()
                .build())
        .serverSideApply();
    for (String name : List.of("on-exclusive", "of-an-operator", "on-shared", "without-claims")) {
      requests.create(deployment(name));
    }
    requests.create(deployment("unheard-of"));
    webhook = new RecordingWebhook();
    ObjectNode both = ConditionalWebhooks.of(configurations(), webhook);
    Path file = Files.writeString(api.file("match-conditions.json"), both.toString());
    assertThat(api.kubectl("", "apply", "-f", file.toString()).exitCode()).isZero();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              requests.dryRun(
                  Manifests.read(fixture("sole-access-mode/fail/volume-with-two-modes")));
              return webhook.take().size() == 2;
            });
  }

  @AfterAll
  void unregister() throws Exception {
    api.kubectl("", "delete", "mutatingwebhookconfiguration", "match-conditions");
    api.kubectl("", "-n", ApiRequests.NAMESPACE, "delete", "deployments", "--all");
    webhook.close();
  }

  /** With {@code Fail}, entries come in two parts, and each part has more conditions. */
  private static List<ObjectNode> configurations() {
    return Manifests.readAll(Path.of("src/test/resources/chart/webhooks-fail.yaml"));
  }

  private static String expression(JsonNode condition) {
    return condition.path("expression").asText();
  }

  @Test
  void conditions_look_at_nothing_but_the_new_object_unless_another_entry_has_the_rest() {
    // so that creating it shows the result of an update to it as well
    List<String> first = new ArrayList<>();
    List<String> rest = new ArrayList<>();
    for (ObjectNode configuration : configurations()) {
      for (JsonNode condition :
          configuration.findValues("matchConditions").stream()
              .flatMap(conditions -> StreamSupport.stream(conditions.spliterator(), false))
              .toList()) {
        switch (condition.path("name").asText()) {
          case "may-be-denied" -> first.add("!( %s )".formatted(expression(condition)));
          case "is-not-denied" -> rest.add(expression(condition));
          default ->
              assertThat(expression(condition))
                  .doesNotContainPattern("\\b(oldObject|request|authorizer)\\b");
        }
      }
    }
    assertThat(first).hasSize(3).isEqualTo(rest);
  }

  @TestFactory
  Stream<DynamicTest> nothing_that_a_rule_finds_is_kept_back() {
    return Manifests.ofRules()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    Manifests.RESOURCES.relativize(file).toString(), () -> check(file)));
  }

  @TestFactory
  Stream<DynamicTest> nothing_that_a_mutation_concerns_is_kept_back() {
    return Manifests.in("mutations").stream()
        .map(
            folder ->
                DynamicTest.dynamicTest(
                    folder.getFileName().toString(), () -> check(folder.resolve("before.yaml"))));
  }

  @Test
  void nothing_of_interest_in_random_workloads_is_kept_back() {
    int asked = 0;
    int keptBack = 0;
    for (int number = 0; number < Integer.getInteger("cases", 150); number++) {
      ObjectNode workload = RandomWorkloads.of(SEED, number, true);
      requests.dryRun(workload);
      Map<String, JsonNode> calls = webhook.take();
      asked += calls.containsKey("/validate/without") ? 1 : 0;
      keptBack += isAsked(calls) ? 0 : 1;
      check("-Dseed=%d, number %d".formatted(SEED, number), calls, Optional.empty());
    }
    assertThat(asked).isGreaterThan(50);
    assertThat(keptBack).isPositive();
  }

  @TestFactory
  Stream<DynamicTest> what_has_nothing_to_do_with_it_never_leaves_the_api_server() {
    return Map.of(
            "a volume with another mode",
            "{apiVersion: v1, kind: PersistentVolume, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce]}}",
            "a claim with another mode",
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [ReadWriteMany]}}",
            "a Pod with other volumes",
            "{apiVersion: v1, kind: Pod, metadata: {name: x, annotations: {a: b}}, spec: {containers: [{name: x}],"
                + " volumes: [{name: tmp, emptyDir: {}}, {name: t, ephemeral: {volumeClaimTemplate: {spec:"
                + " {accessModes: [ReadWriteOnce]}}}}]}}",
            "a Deployment without volumes",
            deployment("y").toString(),
            "an autoscaler that stays at one",
            "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: x}, spec: {maxReplicas: 1,"
                + " scaleTargetRef: {kind: Deployment, name: x, apiVersion: apps/v1}}}",
            "scaling down",
            "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: on-shared}, spec: {replicas: 0}}")
        .entrySet()
        .stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.getKey(),
                    () -> {
                      requests.dryRun(Manifests.parse(each.getValue()));
                      assertThat(webhook.take())
                          .containsKey("/validate/without")
                          .doesNotContainKeys("/validate/with", "/validate/rest");
                    }));
  }

  private void check(Path file) {
    List<ObjectNode> states = Manifests.readAll(file);
    Optional<ObjectFacts> before =
        states.size() > 1 ? Optional.of(Manifests.facts(states.get(0))) : Optional.empty();
    for (ObjectNode state : states) {
      Optional<KubernetesClientException> answer = requests.dryRun(state);
      Map<String, JsonNode> calls = webhook.take();
      assertThat(calls).as("asked at all; %s", answer).containsKey("/validate/without");
      check(file.toString(), calls, before);
    }
  }

  private static boolean isAsked(Map<String, JsonNode> calls) {
    return calls.containsKey("/validate/with") || calls.containsKey("/validate/rest");
  }

  private static void check(
      String what, Map<String, JsonNode> calls, Optional<ObjectFacts> before) {
    if (calls.containsKey("/validate/rest")) {
      // the API server lets this part through while the service is away
      assertThat(
              RuleSet.WITH_DEFAULTS.findings(
                  facts(calls.get("/validate/rest")),
                  Optional.empty(),
                  new FixtureInventory(),
                  Author.USER))
          .as("denials in the part that never waits: %s", what)
          .noneMatch(finding -> finding.severity() == Severity.DENY);
    }
    if (calls.containsKey("/validate/without") && !isAsked(calls)) {
      ObjectFacts kept = facts(calls.get("/validate/without"));
      FixtureInventory inventory = new FixtureInventory();
      assertThat(RuleSet.WITH_DEFAULTS.findings(kept, Optional.empty(), inventory, Author.USER))
          .as("findings in what was kept back: %s", what)
          .isEmpty();
      assertThat(RuleSet.WITH_DEFAULTS.findings(kept, before, inventory, Author.USER))
          .as("findings in what was kept back as an update: %s", what)
          .isEmpty();
    }
    if (calls.containsKey("/mutate/without") && !calls.containsKey("/mutate/with")) {
      ObjectFacts kept = facts(calls.get("/mutate/without"));
      assertThat(MUTATIONS.concerns(kept)).as("kept back from mutation: %s", what).isFalse();
    }
  }

  private static ObjectFacts facts(JsonNode request) {
    return Manifests.facts((ObjectNode) request.path("object"));
  }

  private static Path fixture(String name) {
    return Manifests.RESOURCES.resolve("rules/" + name + ".yaml");
  }

  private static ObjectNode deployment(String name) {
    return Manifests.parse(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: %s}
        spec:
          replicas: 1
          selector: {matchLabels: {app: x}}
          template:
            metadata: {labels: {app: x}}
            spec:
              containers: [{name: x, image: x}]
        """
            .formatted(name));
  }
}
