package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.api.model.NamedCluster;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * Makes the client's configurations, for the service and for commands. Nothing else makes any, so
 * that all of them go through the same proxy.
 */
public final class ClientConfig {

  private static final Logger LOG = Logger.getLogger(ClientConfig.class);

  /** The API server that the client asks if nothing names one. */
  private static final String NOWHERE = "https://kubernetes.default.svc/";

  private ClientConfig() {}

  /**
   * Returns the configuration for a kubeconfig's current context.
   *
   * @throws BadConfigException if there is none
   */
  public static Config of(Path kubeconfig) {
    String contents = contents(kubeconfig);
    check(kubeconfig, contents);
    // by the file, what it names beside it is found; a pipe cannot be read twice
    Config config;
    try {
      config =
          Files.isRegularFile(kubeconfig)
              ? Config.fromKubeconfig(kubeconfig.toFile())
              : Config.fromKubeconfig(contents);
    } catch (KubernetesClientException e) {
      throw new BadConfigException(
          "kubeconfig %s cannot be used: %s".formatted(kubeconfig, reason(e)));
    }
    // no variable has set it yet
    String proxy = config.getHttpsProxy() == null ? config.getHttpProxy() : config.getHttpsProxy();
    ProxyVariables.ofProcess(LOG::warn).apply(config, Optional.ofNullable(proxy));
    return config;
  }

  /**
   * Returns the configuration for the cluster that kubectl would ask: of the kubeconfig that it
   * reads, else a Pod's own.
   *
   * @throws BadConfigException if there is none
   */
  public static Config automatic() {
    List<Path> files =
        Config.getKubeconfigFilenames().stream()
            .map(Path::of)
            .filter(file -> file.toFile().isFile() && file.toFile().length() > 0)
            .toList();
    if (files.size() == 1) {
      check(files.get(0), contents(files.get(0)));
    }
    Config config = configured(files);
    boolean found =
        files.isEmpty()
            ? config.getAutoOAuthToken() != null || !config.getMasterUrl().equals(NOWHERE)
            : config.getCurrentContext() != null;
    if (!found) {
      throw new BadConfigException(
          files.isEmpty()
              ? "no cluster is named: there is no kubeconfig %s, and this is no Pod; name one with --kubeconfig"
                  .formatted(String.join(", ", Config.getKubeconfigFilenames()))
              : "the kubeconfigs %s have no current-context that exists; set it with kubectl config use-context"
                  .formatted(files));
    }
    ProxyVariables variables = ProxyVariables.ofProcess(LOG::warn);
    variables.apply(config, variables.ofKubeconfig(config));
    return config;
  }

  private static Config configured(List<Path> files) {
    try {
      return Config.autoConfigure(null);
    } catch (KubernetesClientException e) {
      throw new BadConfigException("one of %s is no kubeconfig: %s".formatted(files, syntax(e)));
    }
  }

  private static String contents(Path kubeconfig) {
    try {
      return Files.readString(kubeconfig);
    } catch (IOException e) {
      throw new BadConfigException(
          "there is no kubeconfig %s that can be read; correct the path, or name another"
              .formatted(kubeconfig));
    }
  }

  /** The client ignores what is incomplete, and then asks a cluster that nothing names. */
  private static void check(Path kubeconfig, String contents) {
    Optional<String> problem;
    try {
      problem =
          problem(Serialization.unmarshal(contents, io.fabric8.kubernetes.api.model.Config.class));
    } catch (RuntimeException e) {
      throw new BadConfigException(
          "%s is no kubeconfig: %s; repair it, or name another file"
              .formatted(kubeconfig, syntax(e)));
    }
    if (problem.isPresent()) {
      throw new BadConfigException("kubeconfig %s: %s".formatted(kubeconfig, problem.get()));
    }
  }

  private static Optional<String> problem(io.fabric8.kubernetes.api.model.Config read) {
    String current = read == null ? null : read.getCurrentContext();
    if (current == null || current.isEmpty()) {
      return Optional.of("it has no current-context; set it with kubectl config use-context");
    }
    NamedContext context =
        read.getContexts().stream()
            .filter(each -> current.equals(each.getName()) && each.getContext() != null)
            .findFirst()
            .orElse(null);
    if (context == null) {
      return Optional.of(
          "its current-context %s is none of its contexts; choose one with kubectl config use-context"
              .formatted(current));
    }
    String cluster = context.getContext().getCluster();
    Optional<NamedCluster> named =
        read.getClusters().stream()
            .filter(each -> each.getName() != null && each.getName().equals(cluster))
            .filter(each -> each.getCluster() != null)
            .findFirst();
    if (named.isEmpty()) {
      return Optional.of(
          "its context %s names cluster %s, which it does not have".formatted(current, cluster));
    }
    String server = named.get().getCluster().getServer();
    if (server == null || server.isEmpty()) {
      return Optional.of("its cluster %s has no server".formatted(cluster));
    }
    String user = context.getContext().getUser();
    boolean hasUser =
        user == null
            || user.isEmpty()
            || read.getUsers().stream().anyMatch(each -> user.equals(each.getName()));
    return hasUser
        ? Optional.empty()
        : Optional.of(
            "its context %s names user %s, which it does not have".formatted(current, user));
  }

  /** Says where a file is wrong. A parser's message shows what it contains: a token, perhaps. */
  private static String syntax(Throwable failure) {
    return root(failure) instanceof MarkedYamlEngineException yaml
            && yaml.getProblemMark().isPresent()
        ? "it is no YAML in line %d".formatted(yaml.getProblemMark().get().getLine() + 1)
        : "it has no clusters, contexts and users as a kubeconfig has them";
  }

  private static String reason(Throwable failure) {
    Throwable root = root(failure);
    return String.valueOf(root.getMessage()).lines().findFirst().orElse(root.toString());
  }

  private static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
