package io.rwopguard.server.limits;

import io.netty.bootstrap.ServerBootstrap;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.kube.KeepAliveTransport;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.net.NetServerOptions;
import java.util.NoSuchElementException;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * Adds a {@link ConnectionLimit} to each port that the service listens on. Vert.x finds this class
 * as a service, and has no other place in which a connection is known before its TLS handshake.
 */
public final class LimitedTransport extends KeepAliveTransport {

  @Override
  public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
    super.configure(options, domainSocket, bootstrap);
    RwopGuardConfig.Limits limits = limits();
    bootstrap.handler(new ConnectionLimit(limits.connections(), limits.requestTimeout()));
  }

  private static RwopGuardConfig.Limits limits() {
    try {
      return ConfigProvider.getConfig()
          .unwrap(SmallRyeConfig.class)
          .getConfigMapping(RwopGuardConfig.class)
          .limits();
    } catch (NoSuchElementException e) {
      throw new IllegalStateException("a port was opened before the settings were read", e);
    }
  }
}
