package io.rwopguard.server;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.rwopguard.config.ProcessPart;
import io.rwopguard.config.RwopGuardConfig;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;
import java.net.InetAddress;

/**
 * Keeps the HTTPS port of a process without admission on the loopback address. The controllers
 * answer no request, so no other Pod needs to connect.
 */
@Singleton
public final class LoopbackOnly implements HttpServerOptionsCustomizer {

  private final RwopGuardConfig config;

  LoopbackOnly(RwopGuardConfig config) {
    this.config = config;
  }

  @Override
  public void customizeHttpsServer(HttpServerOptions options) {
    if (!config.run().contains(ProcessPart.ADMISSION)) {
      options.setHost(InetAddress.getLoopbackAddress().getHostAddress());
    }
  }
}
