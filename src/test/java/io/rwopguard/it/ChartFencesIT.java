package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.chart.ChartRights;
import io.rwopguard.testing.chart.ChartVariants;
import io.rwopguard.testing.chart.Helm;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fences in the chart's values: their rights and their files. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartFencesIT {

  private static final String CONTROLLER = Helm.RELEASE + "-controller";

  private static final String ENFORCE =
      "failover.mode=enforce,failover.drivers.a\\.b.stoppedByFence=true,";

  private static final String HTTPS =
      ENFORCE + "failover.fences.x.type=https,failover.fences.x.url=https://fence.example.org";

  private static final String NETWORK_FENCE =
      ENFORCE + "failover.fences.x.type=network-fence,failover.fences.x.drivers={a.b},";

  private static final String REMEDIATION =
      ENFORCE
          + "failover.fences.x.type=fence-agents-remediation,failover.fences.x.template=t"
          + ",failover.fences.x.templateNamespace=medik8s";

  private Helm helm;

  @BeforeAll
  void findHelm() throws Exception {
    helm = Helm.orSkip();
  }

  private List<String> rights(String values) throws Exception {
    return ChartRights.of(helm.render("--set", values), CONTROLLER).stream()
        .filter(right -> right.resource().matches(".*(csiaddons|medik8s|csinodes).*"))
        .map(right -> (right.namespace().isEmpty() ? "" : right.namespace() + ": ") + right)
        .toList();
  }

  @Test
  void an_https_fence_needs_no_rights() throws Exception {
    assertThat(rights(HTTPS)).isEmpty();
  }

  @Test
  void a_network_fence_brings_its_rights() throws Exception {
    String fences = "`networkfences.csiaddons.openshift.io` | get, list, create, update, delete";
    assertThat(
            rights(
                NETWORK_FENCE
                    + "failover.fences.x.secretName=s,failover.fences.x.secretNamespace=storage"))
        .containsExactly(fences);
    assertThat(rights(NETWORK_FENCE + "failover.fences.x.networkFenceClass=c"))
        .containsExactly(
            fences,
            "`csiaddonsnodes.csiaddons.openshift.io` | list",
            "`csinodes.storage.k8s.io` | get");
  }

  @Test
  void a_remediation_brings_its_rights_in_the_namespace_of_its_template() throws Exception {
    assertThat(rights(REMEDIATION))
        .containsExactly(
            "medik8s: `fenceagentsremediations.fence-agents-remediation.medik8s.io` | get, create, delete",
            "medik8s: `fenceagentsremediationtemplates.fence-agents-remediation.medik8s.io` | get");
  }

  @Test
  void without_enforce_no_fence_is_asked_and_none_has_rights() throws Exception {
    assertThat(rights(REMEDIATION.replace("=enforce", "=observe"))).isEmpty();
    assertThat(
            rights(
                NETWORK_FENCE.replace("=enforce", "=observe")
                    + "failover.fences.x.networkFenceClass=c"))
        .isEmpty();
  }

  @Test
  void files_are_mounted_by_the_controllers_alone() throws Exception {
    List<ObjectNode> manifests =
        helm.render(ChartVariants.ALL.get("failover").toArray(new String[0]));
    JsonNode controller = Helm.the("Deployment", CONTROLLER, manifests).at("/spec/template/spec");
    assertThat(controller.path("volumes").toString())
        .contains("{\"name\":\"fence\",\"secret\":{\"secretName\":\"fence\"}}");
    assertThat(controller.at("/containers/0/volumeMounts").toString())
        .contains("\"mountPath\":\"/etc/fence\"");
    assertThat(Helm.the("Deployment", Helm.RELEASE, manifests).toString())
        .doesNotContain("/etc/fence");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenFile", "caCertificate"})
  void a_file_that_no_mount_contains_is_refused(String setting) throws Exception {
    String file = HTTPS + ",failover.fences.x." + setting + "=/etc/fence/file";
    String mount =
        ",controller.extraVolumeMounts[0].name=x,controller.extraVolumeMounts[0].mountPath=";
    Helm.Result refused = helm.tryTemplate("--set", file);
    assertThat(refused.exitCode()).as(refused.output()).isNotZero();
    assertThat(refused.output())
        .contains("failover.fences.x.%s: no mount contains /etc/fence/file".formatted(setting))
        .contains("controller.extraVolumes");
    assertThat(helm.tryTemplate("--set", file + mount + "/etc/fen").exitCode()).isNotZero();
    assertThat(helm.tryTemplate("--set", file + mount + "/etc/fence/").exitCode()).isZero();
    assertThat(helm.tryTemplate("--set", file + mount + "/etc/fence/file").exitCode()).isZero();
  }
}
