package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.KubernetesVersion;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.chart.ChartVariants;
import io.rwopguard.testing.chart.Helm;
import io.rwopguard.testing.chart.InstalledChart;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The chart with Helm 3: it renders what Helm 4 renders, and installs it in a real API server. */
@OnSecondApiServer
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Helm3IT {

  private Helm helm;
  private Helm newest;

  @BeforeAll
  void findBoth() throws Exception {
    helm = Helm.threeOrSkip();
    newest = Helm.orSkip();
  }

  @Test
  void it_is_helm_3() throws Exception {
    assertThat(helm.run(List.of("version", "--short")).output()).startsWith("v3.");
    assertThat(newest.run(List.of("version", "--short")).output()).startsWith("v4.");
  }

  static Stream<String> variants() {
    return ChartVariants.ALL.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void renders_the_same_manifests_as_helm_4(String variant) throws Exception {
    // each has another version of Kubernetes as its default
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--kube-version",
                KubernetesVersion.NEWEST.number(),
                "--set",
                "audit.enabled=true"));
    arguments.addAll(ChartVariants.ALL.get(variant));
    String[] all = arguments.toArray(String[]::new);

    // they differ by empty lines, and by the place of kinds that are not Kubernetes' own
    assertThat(helm.render(all))
        .hasSizeGreaterThan(10)
        .containsExactlyInAnyOrderElementsOf(newest.render(all));
  }

  @Test
  void an_upgrade_keeps_what_the_service_wrote_and_an_uninstall_leaves_nothing() throws Exception {
    ApiServer api = ApiServer.running();
    api.client()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(Helm.RELEASE).endMetadata().build())
        .serverSideApply();
    InstalledChart chart = new InstalledChart(helm, api);
    try {
      chart.assertUpgradesKeepWhatTheServiceWrote();
    } finally {
      chart.uninstall();
    }
  }
}
