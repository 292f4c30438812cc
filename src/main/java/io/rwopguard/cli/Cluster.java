package io.rwopguard.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.File;
import picocli.CommandLine.Option;

/** Which cluster a command asks: the one that is named, else the one that kubectl would ask. */
final class Cluster {

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The cluster's kubeconfig; else the Pod's own account, or what kubectl takes.")
  private File kubeconfig;

  KubernetesClient client() {
    return new KubernetesClientBuilder().withConfig(config()).build();
  }

  private Config config() {
    if (kubeconfig != null) {
      return Config.fromKubeconfig(kubeconfig);
    }
    // as for the service
    String named =
        System.getProperty("rwop-guard.kubeconfig", System.getenv("RWOP_GUARD_KUBECONFIG"));
    return named == null ? Config.autoConfigure(null) : Config.fromKubeconfig(new File(named));
  }
}
