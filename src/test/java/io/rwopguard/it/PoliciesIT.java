package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.Author;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.apiserver.ApiRequests;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.network.RecordingWebhook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Checks that the chart's policies say of every fixture what the Java rules deny, in the same
 * words. Their expressions run in a real API server as mutating policies that write the verdict
 * into an annotation, for a webhook to see. Validating policies are not asked about what the API
 * server itself refuses.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PoliciesIT {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String VERDICT = "verdict.test/";
  private static final List<String> RULES = List.of("sole-access-mode", "csi-only", "annotation");
  private static final String GROUP = "admissionregistration.k8s.io";

  private ApiServer api;
  private Path file;
  private String version;
  private ApiRequests requests;
  private KubernetesClient operator;
  private RecordingWebhook webhook;

  @BeforeAll
  void install() throws Exception {
    Helm helm = Helm.orSkip();
    api = ApiServer.running();
    file = api.file("policies.json");
    Optional<String> served =
        api.versionWith("MutatingAdmissionPolicy", GROUP, "v1", "v1beta1", "v1alpha1");
    assumeTrue(
        served.isPresent(),
        () ->
            "Kubernetes %s has no MutatingAdmissionPolicy to evaluate the expressions in"
                .formatted(api.version()));
    version = GROUP + "/" + served.orElseThrow();
    requests = new ApiRequests(api.client());
    operator = api.clientAs("system:serviceaccount:databases:operator");
    webhook = new RecordingWebhook();
    api.client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(ApiRequests.NAMESPACE)
                .endMetadata()
                .build())
        .serverSideApply();
    ObjectNode list = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "List");
    ArrayNode items = list.putArray("items");
    ArrayNode rules = JSON.createArrayNode();
    for (ObjectNode policy :
        helm.render("--set", "policies.enabled=true", "--kube-version", api.version())) {
      if (policy.path("kind").asText().equals("ValidatingAdmissionPolicy")) {
        rules.addAll((ArrayNode) policy.at("/spec/matchConstraints/resourceRules"));
        items.add(telling(policy));
        items.add(binding(policy.at("/metadata/name").asText()));
      }
    }
    items.add(seeing(rules));
    Files.writeString(file, list.toString());
    var applied = api.kubectl("", "apply", "-f", file.toString());
    assertThat(applied.exitCode()).as(applied.output()).isZero();
    ObjectNode volume = Manifests.read(fixture("sole-access-mode/fail/volume-with-two-modes"));
    ObjectNode pod = Manifests.read(fixture("annotation/fail/wrong-opt-out"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              requests.dryRun(volume);
              boolean told = verdicts(webhook.take()).containsKey("sole-access-mode");
              requests.dryRun(pod);
              return told && verdicts(webhook.take()).containsKey("annotation");
            });
  }

  @AfterAll
  void uninstall() throws Exception {
    if (webhook != null) {
      api.kubectl("", "delete", "-f", file.toString());
      webhook.close();
      operator.close();
    }
  }

  /** The policy as a mutating one that changes nothing but an annotation with what it thinks. */
  private ObjectNode telling(ObjectNode policy) {
    ObjectNode spec = (ObjectNode) policy.path("spec");
    JsonNode validation = spec.at("/validations/0");
    String name = policy.at("/metadata/name").asText();
    String verdict =
        "Object{metadata: Object.metadata{annotations: {'%s': (%s) ? '' : (%s)}}}"
            .formatted(
                VERDICT + name.substring("rwop-guard-".length()),
                validation.path("expression").asText(),
                validation.path("messageExpression").asText());
    ObjectNode telling = policy.deepCopy();
    telling.put("apiVersion", version).put("kind", "MutatingAdmissionPolicy");
    ObjectNode changed = (ObjectNode) telling.path("spec");
    changed.remove("validations");
    // what cannot be evaluated must be seen
    changed.put("failurePolicy", "Fail").put("reinvocationPolicy", "Never");
    changed
        .putArray("mutations")
        .addObject()
        .put("patchType", "ApplyConfiguration")
        .putObject("applyConfiguration")
        .put("expression", verdict);
    return telling;
  }

  private ObjectNode binding(String policy) {
    return Manifests.parse(
        """
        apiVersion: %2$s
        kind: MutatingAdmissionPolicyBinding
        metadata: {name: %1$s}
        spec: {policyName: %1$s}
        """
            .formatted(policy, version));
  }

  private ObjectNode seeing(ArrayNode rules) throws IOException {
    ObjectNode configuration =
        Manifests.parse(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingWebhookConfiguration
            metadata: {name: verdicts}
            webhooks:
              - name: verdicts.rwop-guard.io
                admissionReviewVersions: [v1]
                sideEffects: None
                timeoutSeconds: 20
                clientConfig: {url: "%s", caBundle: %s}
            """
                .formatted(webhook.url("/verdicts"), webhook.caBundle()));
    ((ObjectNode) configuration.at("/webhooks/0")).set("rules", rules);
    return configuration;
  }

  @TestFactory
  Stream<DynamicTest> policies_deny_what_the_rules_deny_in_the_same_words() {
    return Manifests.ofRules()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    Manifests.RESOURCES.relativize(file).toString(),
                    () -> check(file, requests, Author.USER)));
  }

  @TestFactory
  Stream<DynamicTest> policies_leave_to_a_controller_what_the_rules_leave_to_it() {
    return Manifests.ofRules()
        .filter(PoliciesIT::mayHaveAnOwner)
        .map(
            file ->
                DynamicTest.dynamicTest(
                    Manifests.RESOURCES.relativize(file).toString(),
                    () -> check(file, new ApiRequests(operator), Author.OPERATOR)));
  }

  private static boolean mayHaveAnOwner(Path file) {
    return Manifests.readAll(file).stream()
        .map(ObjectNode::toString)
        .anyMatch(text -> text.contains("ownerReferences") || text.contains("\"labels\""));
  }

  private void check(Path file, ApiRequests from, Author author) {
    for (ObjectNode manifest : Manifests.readAll(file)) {
      Optional<KubernetesClientException> answer = from.dryRun(manifest);
      Map<String, JsonNode> seen = webhook.take();
      boolean about = !manifest.path("kind").asText().matches("Scale|HorizontalPodAutoscaler");
      assertThat(seen.containsKey("/verdicts")).as("%s", answer).isEqualTo(about);
      Map<String, List<String>> denials = denials(about ? seen : Map.of(), manifest, author);
      Map<String, String> verdicts = verdicts(seen);
      assertThat(verdicts.keySet()).isEqualTo(denials.keySet());
      verdicts.forEach(
          (rule, message) -> assertThat(denials.get(rule)).contains(withoutPlaces(message)));
    }
  }

  /** Returns the denials of those Java rules that need nothing but the object. */
  private static Map<String, List<String>> denials(
      Map<String, JsonNode> seen, ObjectNode manifest, Author author) {
    ObjectNode object =
        seen.isEmpty() ? manifest : (ObjectNode) seen.get("/verdicts").path("object");
    Map<String, List<String>> denials = new TreeMap<>();
    List<Finding> findings =
        RuleSet.WITH_DEFAULTS.findings(
            Manifests.facts(object), Optional.empty(), new FixtureInventory(), author);
    for (String rule : RULES) {
      List<String> messages =
          findings.stream()
              .filter(each -> each.rule().equals(rule) && each.severity() == Severity.DENY)
              .map(each -> withoutPlaces(each.message()))
              .toList();
      if (!messages.isEmpty()) {
        denials.put(rule, messages);
      }
    }
    return denials;
  }

  private static Map<String, String> verdicts(Map<String, JsonNode> seen) {
    Map<String, String> verdicts = new TreeMap<>();
    if (seen.containsKey("/verdicts")) {
      JsonNode annotations = seen.get("/verdicts").at("/object/metadata/annotations");
      for (String rule : RULES) {
        String verdict = annotations.path(VERDICT + rule).asText();
        if (!verdict.isEmpty()) {
          verdicts.put(rule, verdict);
        }
      }
    }
    return verdicts;
  }

  /** The service numbers places in lists, and a policy names them. */
  private static String withoutPlaces(String message) {
    return message.replaceAll("(volumes|volumeClaimTemplates)\\[[^\\]]*\\]", "$1[]");
  }

  private static Path fixture(String name) {
    return Manifests.RESOURCES.resolve("rules/" + name + ".yaml");
  }
}
