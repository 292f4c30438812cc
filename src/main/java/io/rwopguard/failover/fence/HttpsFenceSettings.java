package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.HttpsMessage.Action;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The settings of an HTTPS fence.
 *
 * @param timeout the longest time that one request may take, from the connection to the whole
 *     answer
 * @param margin the time after which another replica may lead, for a request that is sent while
 *     this one is certain to lead
 * @param attempts the number of requests that follow each other after a failure before the pause
 * @param pause the time after the last failed attempt until the next request
 */
public record HttpsFenceSettings(
    String name,
    FenceScope scope,
    URI url,
    Optional<Path> caCertificate,
    Optional<Path> tokenFile,
    Duration timeout,
    Duration margin,
    int attempts,
    Duration pause) {

  /**
   * Returns the longest time that a request for this action may take. An un-fence must not arrive
   * after the next leader fences. A fence may take longer: one that arrives late only keeps a node
   * from writing.
   */
  Duration timeoutOf(Action action) {
    return action == Action.FENCE || timeout.compareTo(margin) < 0 ? timeout : margin;
  }
}
