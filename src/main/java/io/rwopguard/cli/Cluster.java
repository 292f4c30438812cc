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

  private String url = "";

  KubernetesClient client() {
    Config config = config();
    url = config.getMasterUrl();
    // whoever waits for a command wants to hear why it does not work, and not after ten tries
    config.setRequestRetryBackoffLimit(2);
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  /** The API server's address; empty until the client is made. */
  String url() {
    return url;
  }

  private Config config() {
    if (kubeconfig != null) {
      return read(kubeconfig);
    }
    // as for the service
    String named =
        System.getProperty("rwop-guard.kubeconfig", System.getenv("RWOP_GUARD_KUBECONFIG"));
    return named == null ? Config.autoConfigure(null) : read(new File(named));
  }

  private static Config read(File kubeconfig) {
    if (!kubeconfig.canRead()) {
      throw new MisuseException(
          "there is no kubeconfig %s that can be read; name another with --kubeconfig"
              .formatted(kubeconfig));
    }
    return Config.fromKubeconfig(kubeconfig);
  }
}
