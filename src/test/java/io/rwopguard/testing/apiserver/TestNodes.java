package io.rwopguard.testing.apiserver;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

/** Writes what kubelets write of their nodes. */
public final class TestNodes {

  private TestNodes() {}

  /** Gives a node a boot ID, beside all that the API server asks for. */
  public static void boot(KubernetesClient client, String node, String bootId) {
    client
        .nodes()
        .withName(node)
        .editStatus(
            each ->
                new NodeBuilder(each)
                    .editOrNewStatus()
                    .editOrNewNodeInfo()
                    .withArchitecture("amd64")
                    .withBootID(bootId)
                    .withContainerRuntimeVersion("x")
                    .withKernelVersion("x")
                    .withKubeProxyVersion("x")
                    .withKubeletVersion("x")
                    .withMachineID("x")
                    .withOperatingSystem("linux")
                    .withOsImage("x")
                    .withSystemUUID("x")
                    .endNodeInfo()
                    .endStatus()
                    .build());
  }

  /** Says that a node is ready, as its kubelet does. */
  public static void ready(KubernetesClient client, String node) {
    client
        .nodes()
        .withName(node)
        .editStatus(
            each ->
                new NodeBuilder(each)
                    .editOrNewStatus()
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus("True")
                    .endCondition()
                    .endStatus()
                    .build());
  }
}
