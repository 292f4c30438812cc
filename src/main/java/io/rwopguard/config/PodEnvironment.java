package io.rwopguard.config;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads what the kubelet passes to this Pod about its environment. */
public final class PodEnvironment {

  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  /**
   * The variable with the path of the token, for a Pod that has it elsewhere. The Kubernetes client
   * reads it, too.
   */
  private static final String TOKEN_FILE = "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN";

  private PodEnvironment() {}

  /** Returns whether this process runs in a Pod that may talk to its API server. */
  public static boolean hasServiceAccount() {
    String token = System.getenv(TOKEN_FILE);
    return System.getenv("KUBERNETES_SERVICE_HOST") != null
        && Files.exists(token == null ? SERVICE_ACCOUNT.resolve("token") : Path.of(token));
  }

  /** Returns whether the service has a cluster: that of a kubeconfig, or that of its Pod. */
  public static boolean hasCluster(RwopGuardConfig config) {
    return config.kubeconfig().isPresent() || hasServiceAccount();
  }

  /** Returns the node that the service runs on, which the chart passes in this variable. */
  public static Optional<String> node() {
    return Optional.ofNullable(System.getenv("NODE_NAME")).filter(name -> !name.isBlank());
  }

  /** Returns the namespace that the service runs in: that of the settings, else the kubelet's. */
  public static Optional<String> namespace(RwopGuardConfig config) {
    if (config.namespace().isPresent()) {
      return config.namespace();
    }
    Path file = SERVICE_ACCOUNT.resolve("namespace");
    try {
      return Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
    } catch (IOException e) {
      throw new ConfigurationException(
          "rwop-guard.namespace: must be set, because %s cannot be read".formatted(file));
    }
  }
}
