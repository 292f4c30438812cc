package io.rwopguard.config;

import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** A fencing agent that keeps a dead node from writing, under a name of your choice. */
public interface Fence {

  /**
   * {@code https}, an endpoint of your own; {@code network-fence}, a NetworkFence of csi-addons; or
   * {@code fence-agents-remediation}, a FenceAgentsRemediation of medik8s.
   */
  FenceType type();

  /**
   * The CSI drivers whose volumes need this fence. A volume needs every fence that names its
   * driver. Without it: each driver that is stated {@code stopped-by-fence}. A {@code
   * network-fence} names exactly one driver.
   */
  Optional<Set<String>> drivers();

  /**
   * What an {@code https} fence stops: {@code node}, the node as a whole; or {@code volumes}, the
   * node's access to the volumes in the request.
   */
  @WithDefault("node")
  FenceScope scope();

  /** The address of an {@code https} fence. docs/guides/fencing.md has requests and answers. */
  Optional<URI> url();

  /** PEM file of the CAs that may have signed the certificate of an {@code https} fence. */
  Optional<Path> caCertificate();

  /**
   * A file whose content an {@code https} fence gets as a bearer token; not a ServiceAccount token
   * of the controller's own Pod.
   */
  Optional<Path> tokenFile();

  /**
   * How long one request to an {@code https} fence may take, from the connection to the whole
   * answer. An un-fence also ends after a third of {@code rwop-guard.failover.lease-duration}.
   */
  @WithDefault("10s")
  Duration timeout();

  /** How many requests follow each other after a failure before the pause. */
  @WithDefault("3")
  int attempts();

  /** How long the pause after the last failed attempt is. */
  @WithDefault("5m")
  Duration retryAfter();

  /** The NetworkFenceClass of a {@code network-fence}; else the fence names driver and Secret. */
  Optional<String> networkFenceClass();

  /** The Secret that the driver of a {@code network-fence} without a class needs. */
  Optional<String> secretName();

  /** The namespace of that Secret. */
  Optional<String> secretNamespace();

  /** The FenceAgentsRemediationTemplate of a {@code fence-agents-remediation}. */
  Optional<String> template();

  /** The namespace of that template, in which the remediation is created, too. */
  Optional<String> templateNamespace();
}
