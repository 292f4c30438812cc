package io.rwopguard.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.rules.Author;
import io.rwopguard.testing.manifests.Manifests;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** Its table is also that of the policies in the chart: {@code InstalledPoliciesIT}. */
class AuthorsTest {

  private static final Authors BY_DEFAULT =
      with(Map.of("rwop-guard.controllers.users", "x, system:serviceaccount:policed:known-*"));
  private static final Authors STRICT =
      with(
          Map.of(
              "rwop-guard.controllers.users", "system:serviceaccount:*-system:*",
              "rwop-guard.controllers.other-namespaces", "false"));
  private static final ObjectFacts SET =
      object("apps/v1", "StatefulSet", "template: {spec: {containers: [{name: x}]}}");
  private static final ObjectFacts POD = object("v1", "Pod", "containers: [{name: x}]");
  private static final ObjectFacts VOLUME =
      Manifests.facts(
          Manifests.parse(
              "{apiVersion: v1, kind: PersistentVolume, metadata: {name: x}, spec: {}}"));

  private static Authors with(Map<String, String> settings) {
    return new Authors(
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(RwopGuardConfig.class)
            .withDefaultValues(settings)
            .build()
            .getConfigMapping(RwopGuardConfig.class));
  }

  private static ObjectFacts object(String apiVersion, String kind, String spec) {
    return Manifests.facts(
        Manifests.parse(
            "{apiVersion: %s, kind: %s, metadata: {name: x, namespace: policed}, spec: {%s}}"
                .formatted(apiVersion, kind, spec)));
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/authors.csv", numLinesToSkip = 1)
  void a_user_is_a_controller_as_the_table_says(String user, boolean controller) {
    assertThat(BY_DEFAULT.of(user, SET) != Author.USER).isEqualTo(controller);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/authors.csv", numLinesToSkip = 1)
  void only_the_controllers_of_kubernetes_scale_for_others(
      String user, boolean controller, boolean ofKubernetes) {
    assertThat(BY_DEFAULT.of(user, SET) == Author.KUBERNETES).isEqualTo(ofKubernetes);
  }

  @Test
  void operators_are_a_list_where_other_namespaces_prove_nothing() {
    assertThat(STRICT.of("system:serviceaccount:cnpg-system:cnpg-manager", SET))
        .isEqualTo(Author.OPERATOR);
    assertThat(STRICT.of("system:serviceaccount:keda:keda-operator", SET)).isEqualTo(Author.USER);
    assertThat(STRICT.of("system:kube-controller-manager", SET)).isEqualTo(Author.KUBERNETES);
  }

  @Test
  void an_operator_in_the_namespace_of_its_objects_creates_pods() {
    assertThat(STRICT.of("system:serviceaccount:policed:strimzi", POD)).isEqualTo(Author.OPERATOR);
    assertThat(STRICT.of("system:serviceaccount:policed:strimzi", SET)).isEqualTo(Author.USER);
    assertThat(STRICT.of("jane", POD)).isEqualTo(Author.USER);
    assertThat(STRICT.of("system:serviceaccount:policed:jenkins", POD)).isEqualTo(Author.OPERATOR);
  }

  @Test
  void a_volume_is_in_no_namespace_so_that_no_account_is_elsewhere() {
    assertThat(BY_DEFAULT.of("system:serviceaccount:shop:default", VOLUME)).isEqualTo(Author.USER);
    assertThat(BY_DEFAULT.of("x", VOLUME)).isEqualTo(Author.OPERATOR);
  }
}
