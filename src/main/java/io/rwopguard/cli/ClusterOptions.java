package io.rwopguard.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.inventory.cluster.BadConfigException;
import io.rwopguard.inventory.cluster.ClientConfig;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The cluster that a command uses: the one that is named, or else the one that kubectl would use.
 */
final class ClusterOptions {

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description =
          "The cluster's kubeconfig (default: kubectl's kubeconfig, or the Pod's service account).")
  private Path kubeconfig;

  private String url = "";

  KubernetesClient client() {
    try {
      Config config = config();
      url = config.getMasterUrl();
      // a user who waits for a command needs the reason soon, and not after ten retries
      config.setRequestRetryBackoffLimit(2);
      return ClientConfig.client(config);
    } catch (BadConfigException e) {
      throw new MisuseException(e.getMessage());
    } catch (KubernetesClientException e) {
      // no request was sent yet, so a certificate or a key cannot be used
      throw new MisuseException(
          "the configuration for the cluster at %s cannot be used: %s; fix it, or name another kubeconfig with --kubeconfig"
              .formatted(url, Main.root(e)));
    }
  }

  /** Returns the kubeconfig that was named for this command. */
  Optional<Path> kubeconfig() {
    return Optional.ofNullable(kubeconfig);
  }

  /** Returns the API server's address; empty until the client is created. */
  String url() {
    return url;
  }

  private Config config() {
    if (kubeconfig != null) {
      return ClientConfig.of(kubeconfig);
    }
    // the same names as for the service
    String named =
        System.getProperty("rwop-guard.kubeconfig", System.getenv("RWOP_GUARD_KUBECONFIG"));
    return named == null ? ClientConfig.automatic() : ClientConfig.of(Path.of(named));
  }
}
