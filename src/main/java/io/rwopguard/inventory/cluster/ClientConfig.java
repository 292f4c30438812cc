package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.runtime.util.ExceptionUtil;
import io.rwopguard.kube.ReloadingClients;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Creates the client's configurations, for the service and for commands. No other class creates
 * any, so all of them use the same proxy.
 */
public final class ClientConfig {

  private static final Logger LOG = Logger.getLogger(ClientConfig.class);

  /** The API server that the client calls if nothing names one. */
  private static final String NOWHERE = "https://kubernetes.default.svc/";

  private ClientConfig() {}

  /**
   * Returns the configuration for a kubeconfig's current context.
   *
   * @throws BadConfigException if there is none
   */
  public static Config of(Path file) {
    String contents = Kubeconfig.contents(file);
    Kubeconfig kubeconfig = Kubeconfig.of(file, contents);
    // a file is read by its name, which resolves relative names in it; a pipe can be read only once
    Config config =
        made(
            "kubeconfig " + file,
            () ->
                Files.isRegularFile(file)
                    ? Config.fromKubeconfig(file.toFile())
                    : Config.fromKubeconfig(contents));
    kubeconfig.tokenFile().ifPresent(config::setOauthTokenProvider);
    ProxyVariables.ofProcess(LOG::warn).apply(config, kubeconfig.proxyUrl());
    return config;
  }

  /**
   * Returns the configuration for the cluster that kubectl would use: from its kubeconfigs, or else
   * from a Pod's service account.
   *
   * @throws BadConfigException if there is none
   */
  public static Config automatic() {
    Collection<String> files = Config.getKubeconfigFilenames();
    String names = String.join(", ", files);
    Optional<Kubeconfig> kubeconfig = Kubeconfig.of(files);
    Config config = made("kubeconfig " + names, () -> Config.autoConfigure(null));
    boolean found =
        kubeconfig.isPresent()
            ? config.getCurrentContext() != null
            : config.getAutoOAuthToken() != null || !config.getMasterUrl().equals(NOWHERE);
    if (!found) {
      throw new BadConfigException(
          "no cluster is configured: kubeconfig %s does not exist, and this process does not run in a Pod; set --kubeconfig"
              .formatted(names));
    }
    kubeconfig.flatMap(Kubeconfig::tokenFile).ifPresent(config::setOauthTokenProvider);
    ProxyVariables.ofProcess(LOG::warn).apply(config, kubeconfig.flatMap(Kubeconfig::proxyUrl));
    return config;
  }

  /**
   * Returns a client for a command.
   *
   * @throws KubernetesClientException if a certificate or a key cannot be used
   */
  public static KubernetesClient client(Config config) {
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientFactory(new ReloadingClients())
        .build();
  }

  private static Config made(String name, Supplier<Config> config) {
    try {
      return config.get();
    } catch (KubernetesClientException e) {
      Throwable root = ExceptionUtil.getRootCause(e);
      String reason = String.valueOf(root.getMessage()).lines().findFirst().orElse(root.toString());
      throw new BadConfigException("%s cannot be used: %s".formatted(name, reason));
    }
  }
}
