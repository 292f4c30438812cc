package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.testing.chart.Helm;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests how the chart adapts to versions of Kubernetes, and which it refuses. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartVersionsIT {

  private Helm helm;

  @BeforeAll
  void findHelm() throws Exception {
    helm = Helm.orSkip();
  }

  @ParameterizedTest
  @CsvSource({
    "1.29.0, false",
    "v1.29.14-gke.1482, false",
    "1.30.0-alpha.1, true",
    "v1.30.5-eks-ce1d5eb, true",
    "1.37.2, true"
  })
  void without_the_kubelets_sleep_the_service_itself_stays_for_that_time(
      String version, boolean sleeps) throws Exception {
    JsonNode container =
        Helm.the("Deployment", Helm.RELEASE, helm.render("--kube-version", version))
            .at("/spec/template/spec/containers/0");
    assertThat(container.at("/lifecycle/preStop/sleep/seconds").asInt()).isEqualTo(sleeps ? 3 : 0);
    assertThat(container.has("lifecycle")).isEqualTo(sleeps);
    String delay = "";
    for (JsonNode variable : container.path("env")) {
      if (variable.path("name").asText().equals("QUARKUS_SHUTDOWN_DELAY")) {
        delay = variable.path("value").asText();
      }
    }
    assertThat(delay).isEqualTo(sleeps ? "5s" : "8s");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"policies.enabled=true", "failover.mode=observe", "failover.mode=enforce"})
  void what_a_policy_guards_is_refused_where_there_are_none(String value) throws Exception {
    Helm.Result refused = helm.tryTemplate("--kube-version", "1.29.9", "--set", value);
    assertThat(refused.exitCode()).as(refused.output()).isNotZero();
    assertThat(refused.output())
        .contains("needs a ValidatingAdmissionPolicy", "this cluster has v1.29.9");
    assertThat(helm.tryTemplate("--kube-version", "1.30.0", "--set", value).exitCode()).isZero();
  }

  @Test
  void an_older_cluster_is_refused() throws Exception {
    assertThat(helm.tryTemplate("--kube-version", "1.28.9").output())
        .contains("chart requires kubeVersion: >=1.29.0-0");
  }
}
