package io.rwopguard.config;

import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** A fencing agent that keeps a dead node from writing, under a name of your choice. */
public interface FenceConfig {

  /**
   * The kind of fencing agent: {@code https}, your own endpoint; {@code network-fence}, a
   * NetworkFence of csi-addons; or {@code fence-agents-remediation}, a FenceAgentsRemediation of
   * medik8s.
   */
  FenceType type();

  /**
   * The CSI drivers whose volumes need this fence. Without it: each driver that is stated {@code
   * stopped-by-fence}. A volume needs every fence that serves its driver. A {@code network-fence}
   * names exactly one driver.
   */
  Optional<Set<String>> drivers();

  /**
   * The extent of an {@code https} fence: {@code node} stops the node as a whole; {@code volumes}
   * stops only its access to the volumes in the request.
   */
  @WithDefault("node")
  FenceScope scope();

  /** The URL of an {@code https} fence. docs/guides/fencing.md describes requests and answers. */
  Optional<URI> url();

  /**
   * The PEM file of the CAs that may have signed the certificate of an {@code https} fence. Without
   * it, the CAs that the Java runtime trusts.
   */
  Optional<Path> caCertificate();

  /**
   * A file with a bearer token for an {@code https} fence. It must not be a ServiceAccount token of
   * the controller's own Pod, with which the fence could act as rwop-guard.
   */
  Optional<Path> tokenFile();

  /**
   * The longest time that one request to an {@code https} fence may take, from the connection to
   * the whole answer. A request for an un-fence or a status also ends after a third of {@code
   * rwop-guard.failover.lease-duration}, before another replica can lead.
   */
  @WithDefault("10s")
  Duration timeout();

  /**
   * The number of requests to an {@code https} fence that follow each other after a failure before
   * the pause.
   */
  @WithDefault("3")
  int attempts();

  /**
   * The pause after the last failed attempt. Then an {@code https} fence is asked again, and a
   * {@code fence-agents-remediation} is created again.
   */
  @WithDefault("5m")
  Duration retryAfter();

  /**
   * The NetworkFenceClass of a {@code network-fence}. Without it, the NetworkFence names the driver
   * and the Secret.
   */
  Optional<String> networkFenceClass();

  /** The Secret that the driver of a {@code network-fence} without a class needs. */
  Optional<String> secretName();

  /** The namespace of that Secret. */
  Optional<String> secretNamespace();

  /** The FenceAgentsRemediationTemplate of a {@code fence-agents-remediation}. */
  Optional<String> template();

  /** The namespace of that template. The remediation is created there, too. */
  Optional<String> templateNamespace();
}
