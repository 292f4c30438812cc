package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.chart.ChartVariants;
import io.rwopguard.testing.chart.Helm;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the values that adapt webhooks and policies: they can only leave out more. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartWebhooksIT {

  private static final List<String> SWITCHES =
      List.of(
          "validating.volumes",
          "validating.workloads",
          "validating.autoscalers",
          "validating.pods",
          "validating.scale",
          "mutating.workloads",
          "mutating.pods");

  private Helm helm;

  @BeforeAll
  void findHelm() throws Exception {
    helm = Helm.orSkip();
  }

  private List<ObjectNode> render(String variant, String... more) throws Exception {
    List<String> arguments = new ArrayList<>(ChartVariants.ALL.get(variant));
    arguments.addAll(List.of(more));
    return helm.render(arguments.toArray(new String[0]));
  }

  private static List<JsonNode> webhooks(List<ObjectNode> manifests) {
    List<JsonNode> webhooks = new ArrayList<>();
    manifests.forEach(manifest -> manifest.path("webhooks").forEach(webhooks::add));
    return webhooks;
  }

  private static List<String> names(List<ObjectNode> manifests) {
    return webhooks(manifests).stream().map(webhook -> webhook.path("name").asText()).toList();
  }

  @Test
  void the_charts_own_terms_hold_beside_those_of_the_user() throws Exception {
    List<JsonNode> webhooks = webhooks(render("adapted webhooks"));
    assertThat(webhooks).hasSize(7);
    for (JsonNode webhook : webhooks) {
      JsonNode namespaces = webhook.path("namespaceSelector");
      assertThat(namespaces.at("/matchExpressions/0/key").asText())
          .isEqualTo("kubernetes.io/metadata.name");
      assertThat(namespaces.at("/matchExpressions/0/values").toString())
          .isEqualTo("[\"kube-system\",\"rwop-guard\"]");
      assertThat(namespaces.path("matchExpressions").findValuesAsText("key"))
          .containsExactly("kubernetes.io/metadata.name", "team", "legacy");
      assertThat(namespaces.at("/matchLabels/guarded").asText()).isEqualTo("yes");
      boolean mutates = webhook.path("name").asText().contains(".mutate.");
      assertThat(namespaces.at("/matchLabels/rwop-guard.io~1mutate").asText())
          .isEqualTo(mutates ? "enabled" : "disabled");
      assertThat(webhook.at("/objectSelector/matchExpressions/0/key").asText()).isEqualTo("guard");
    }
  }

  @Test
  void conditions_of_the_user_come_after_those_of_each_webhook_and_policy() throws Exception {
    List<ObjectNode> adapted = render("adapted webhooks");
    List<ObjectNode> plain = render("fail", "--set", "policies.enabled=true");
    for (JsonNode webhook : webhooks(adapted)) {
      JsonNode same =
          webhooks(plain).stream()
              .filter(each -> each.path("name").equals(webhook.path("name")))
              .findFirst()
              .orElseThrow();
      assertExtends(same.path("matchConditions"), webhook.path("matchConditions"));
    }
    int policies = 0;
    for (ObjectNode policy : adapted) {
      String kind = policy.path("kind").asText();
      String name = policy.at("/metadata/name").asText();
      if (kind.equals("ValidatingAdmissionPolicy")) {
        policies++;
        // what is only true of one rule comes last
        List<String> names = policy.at("/spec/matchConditions").findValuesAsText("name");
        assertThat(names).contains("not-being-deleted", "kept-by-no-controller");
        assertThat(names).contains("not-by-backup", "example.org/not-restored");
        assertThat(names)
            .containsAll(
                Helm.the(kind, name, plain).at("/spec/matchConditions").findValuesAsText("name"));
      }
      if (kind.equals("ValidatingAdmissionPolicyBinding")) {
        JsonNode resources = policy.at("/spec/matchResources");
        assertThat(resources.at("/namespaceSelector/matchExpressions").findValuesAsText("key"))
            .containsExactly("kubernetes.io/metadata.name", "team", "legacy");
        assertThat(resources.at("/objectSelector/matchExpressions/0/key").asText())
            .isEqualTo("guard");
      }
    }
    assertThat(policies).isEqualTo(3);
  }

  private static void assertExtends(JsonNode own, JsonNode all) {
    assertThat(all).hasSize(own.size() + 2);
    for (int i = 0; i < own.size(); i++) {
      assertThat(all.path(i)).isEqualTo(own.path(i));
    }
    assertThat(all.path(own.size()).path("name").asText()).isEqualTo("not-by-backup");
  }

  @Test
  void each_webhook_can_be_left_out_alone() throws Exception {
    List<String> all = names(helm.render());
    assertThat(all).hasSize(SWITCHES.size());
    for (String each : SWITCHES) {
      List<ObjectNode> manifests = helm.render("--set", "webhooks." + each + ".enabled=false");
      String[] parts = each.split("[.]", 2);
      String name = parts[1] + "." + parts[0].replace("ing", "e") + ".rwop-guard.io";
      assertThat(all).contains(name);
      assertThat(names(manifests)).hasSize(all.size() - 1).doesNotContain(name);
      // the test asks for a volume to be refused
      assertThat(
              manifests.stream().anyMatch(manifest -> manifest.path("kind").asText().equals("Pod")))
          .isEqualTo(!each.equals("validating.volumes"));
    }
  }

  @Test
  void a_configuration_without_webhooks_is_left_out() throws Exception {
    List<String> off = new ArrayList<>();
    SWITCHES.forEach(each -> off.add("webhooks." + each + ".enabled=false"));
    List<ObjectNode> none = helm.render("--set", String.join(",", off));
    assertThat(none)
        .noneMatch(manifest -> manifest.path("kind").asText().endsWith("WebhookConfiguration"));
  }

  @Test
  void at_an_address_no_webhook_names_the_service() throws Exception {
    for (JsonNode webhook : webhooks(render("webhooks by address"))) {
      boolean mutates = webhook.path("name").asText().contains(".mutate.");
      assertThat(webhook.at("/clientConfig/url").asText())
          .isEqualTo("https://guard.example.org:8443/rwop/" + (mutates ? "mutate" : "validate"));
      assertThat(webhook.path("clientConfig").has("service")).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://guard.example.org:8443, /spec/dnsNames/2, guard.example.org",
    "https://192.0.2.7, /spec/ipAddresses/0, 192.0.2.7",
    "https://[2001:db8::7]:8443/x, /spec/ipAddresses/0, 2001:db8::7"
  })
  void the_certificate_of_cert_manager_names_the_address(String url, String place, String name)
      throws Exception {
    List<ObjectNode> manifests = render("cert-manager", "--set", "webhooks.url=" + url);
    JsonNode certificate = Helm.the("Certificate", Helm.RELEASE, manifests);
    assertThat(certificate.at(place).asText()).isEqualTo(name);
    assertThat(certificate.at("/spec/dnsNames/0").asText()).isEqualTo("rwop-guard.rwop-guard.svc");
    JsonNode usual = Helm.the("Certificate", Helm.RELEASE, render("cert-manager"));
    assertThat(usual.at("/spec/dnsNames")).hasSize(2);
    assertThat(usual.path("spec").has("ipAddresses")).isFalse();
  }
}
