package io.rwopguard.failover.fence;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of an HTTPS fence.
 *
 * @param timeout longest time that one answer may take
 * @param attempts requests that follow each other after a failure before the pause
 * @param pause time after the last failed attempt until the next request
 */
public record HttpsFenceSettings(
    String name,
    Scope scope,
    URI url,
    Optional<Path> caCertificate,
    Optional<Path> tokenFile,
    Duration timeout,
    int attempts,
    Duration pause) {}
