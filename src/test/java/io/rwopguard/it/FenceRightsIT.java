package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.rwopguard.failover.cluster.ClusterFenceApi;
import io.rwopguard.failover.cluster.KubernetesClusterApi;
import io.rwopguard.failover.fence.FenceApi;
import io.rwopguard.failover.fence.FenceProvider;
import io.rwopguard.failover.fence.FenceStatus;
import io.rwopguard.failover.fence.FenceTarget;
import io.rwopguard.failover.fence.FencedVolume;
import io.rwopguard.failover.fence.NetworkFenceProvider;
import io.rwopguard.failover.fence.RemediationProvider;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.SelfManagedInstallation;
import io.rwopguard.testing.chart.ChartVariants;
import io.rwopguard.testing.chart.Helm;
import java.io.InputStream;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Fences that use the rights of the chart's ServiceAccount, on a real API server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FenceRightsIT {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String NODE = "fence-rights-node";
  private static final String DRIVER = "rbd.csi.example.org";
  private static final String NETWORK_FENCES =
      "/apis/csiaddons.openshift.io/v1alpha1/networkfences";

  private static final FenceTarget TARGET =
      new FenceTarget(
          NODE,
          "uid",
          "boot",
          "t",
          List.of(new FencedVolume(DRIVER, "a", "pv-a", "")),
          "shop",
          "db-0",
          "uid-db-0");

  private ApiServer api;
  private String manifests = "";
  private KubernetesClient account;
  private FenceApi asAccount;

  @BeforeAll
  void install() throws Exception {
    Helm helm = Helm.orSkip();
    api = ApiServer.running();
    for (String namespace : List.of(Helm.RELEASE, "shop")) {
      api.kubectl("", "create", "namespace", namespace);
    }
    try (InputStream crds = FenceRightsIT.class.getResourceAsStream("/fence/crds.yaml")) {
      for (HasMetadata crd : api.client().load(crds).items()) {
        api.client().resource(crd).serverSideApply();
      }
    }
    api.kubectl("", "wait", "--for=condition=Established", "crd", "--all");
    manifests = helm.template(ChartVariants.ALL.get("failover").toArray(new String[0]));
    var applied = api.kubectl(manifests, "apply", "-f", "-", "-l", "!helm.sh/hook");
    assertThat(applied.exitCode()).as(applied.output()).isZero();
    apply(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: %1$s}
        ---
        apiVersion: storage.k8s.io/v1
        kind: CSINode
        metadata: {name: %1$s}
        spec: {drivers: [{name: %2$s, nodeID: id}]}
        ---
        apiVersion: csiaddons.openshift.io/v1alpha1
        kind: CSIAddonsNode
        metadata: {name: %1$s, namespace: shop}
        spec: {driver: {name: %2$s, nodeID: id, endpoint: "pod://x"}}
        ---
        apiVersion: fence-agents-remediation.medik8s.io/v1alpha1
        kind: FenceAgentsRemediationTemplate
        metadata: {name: ipmi, namespace: shop}
        spec: {template: {spec: {agent: fence_ipmilan}}}
        """
            .formatted(NODE, DRIVER));
    apply(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: %s}
        status: {addresses: [{type: InternalIP, address: 192.0.2.9}]}
        """
            .formatted(NODE),
        "--subresource=status");
    apply(
        """
        apiVersion: csiaddons.openshift.io/v1alpha1
        kind: CSIAddonsNode
        metadata: {name: %s, namespace: shop}
        status:
          networkFenceClientStatus:
            - networkFenceClassName: ceph-fence
              ClientDetails: [{id: "1", cidrs: [198.51.100.9/32]}]
        """
            .formatted(NODE),
        "--subresource=status");
    account =
        new KubernetesClientBuilder()
            .withConfig(
                Config.fromKubeconfig(
                    Files.readString(
                        SelfManagedInstallation.kubeconfig(
                            api, Helm.RELEASE, Helm.RELEASE + "-controller"))))
            .build();
    asAccount = new ClusterFenceApi(new KubernetesClusterApi(account), () -> true);
  }

  private void apply(String manifest, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("apply", "--server-side", "-f", "-"));
    command.addAll(List.of(options));
    var applied = api.kubectl(manifest, command.toArray(String[]::new));
    assertThat(applied.exitCode()).as(applied.output()).isZero();
  }

  @AfterAll
  void remove() throws Exception {
    if (api != null) {
      account.close();
      api.kubectl(manifests, "delete", "--ignore-not-found", "--wait=false", "-f", "-");
      api.kubectl("", "delete", "networkfences,fenceagentsremediations", "-A", "--all");
      api.kubectl(
          "", "delete", "fenceagentsremediationtemplates,csiaddonsnodes", "-n", "shop", "--all");
      api.kubectl("", "delete", "csinode/" + NODE, "node/" + NODE);
    }
  }

  private static void await(FenceProvider fence, FenceStatus.State state, boolean unfence) {
    Awaitility.await()
        // rights of a new binding take a moment
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              FenceStatus status = unfence ? fence.unfence(TARGET) : fence.fence(TARGET);
              assertThat(status.state()).as(status.text()).isEqualTo(state);
            });
  }

  /** Reports what the csi-addons controller reports. */
  private void result(String message) throws Exception {
    JsonNode fence = JSON.readTree(api.client().raw(NETWORK_FENCES)).path("items").path(0);
    ObjectNode done = fence.deepCopy();
    done.putObject("status").put("result", "Succeeded").put("message", message);
    api.client()
        .raw(
            "%s/%s/status".formatted(NETWORK_FENCES, fence.at("/metadata/name").asText()),
            "PUT",
            done.toString());
  }

  @Test
  void a_network_fence_is_made_confirmed_and_removed() throws Exception {
    FenceProvider fence =
        new NetworkFenceProvider(
            new NetworkFenceProvider.Settings(
                "ceph", DRIVER, Optional.of("ceph-fence"), Optional.empty(), Optional.empty()),
            asAccount);
    await(fence, FenceStatus.State.PENDING, false);
    result("fencing operation successful");
    await(fence, FenceStatus.State.CONFIRMED, false);
    await(fence, FenceStatus.State.PENDING, true);
    result("unfencing operation successful");
    await(fence, FenceStatus.State.UNFENCED, true);
    assertThat(JSON.readTree(api.client().raw(NETWORK_FENCES)).path("items")).isEmpty();
  }

  @Test
  void a_remediation_is_made_and_removed() {
    FenceProvider fence =
        new RemediationProvider(
            new RemediationProvider.Settings("reboot", "ipmi", "shop", Duration.ofMinutes(5)),
            asAccount,
            InstantSource.system());
    await(fence, FenceStatus.State.PENDING, false);
    await(fence, FenceStatus.State.UNFENCED, true);
  }
}
