package io.rwopguard.kube;

import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.Vertx;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.spi.tls.SslContextFactory;
import io.vertx.ext.web.client.WebClientOptions;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;

/**
 * Lets BoringSSL decrypt the answers of API servers, if its library exists for the machine and is
 * wanted. The first lists of a cluster are megabytes, and the JDK's own TLS is slow until it is
 * compiled. The trusted CAs and the client certificate are still those of the client's
 * configuration.
 */
public final class NativeTlsClients extends ReloadingClients {

  /**
   * The seconds after which idle connections are closed. They may hang as watches do. The watches
   * restart after twelve seconds in which no node renewed its Lease, and their lists would wait for
   * idle connections one by one.
   */
  private static final int LONGEST_IDLE_SECONDS = 10;

  /**
   * The longest time in which an API server sends nothing on a watch of a kind that changes at all:
   * it sends a bookmark after 45 to 75 seconds. A connection without data for longer is closed, and
   * the watch resumes where it ended, on a new one.
   */
  private static final int LONGEST_SILENCE_SECONDS = 90;

  private final boolean nativeTls;
  private final int longestSilenceSeconds;

  /** Creates clients on these event loops, with or without BoringSSL. */
  public NativeTlsClients(Vertx vertx, boolean nativeTls) {
    this(vertx, nativeTls, LONGEST_SILENCE_SECONDS);
  }

  NativeTlsClients(Vertx vertx, boolean nativeTls, int longestSilenceSeconds) {
    super(vertx);
    this.nativeTls = nativeTls;
    this.longestSilenceSeconds = longestSilenceSeconds;
  }

  @Override
  protected void additionalConfig(WebClientOptions options) {
    // KeepAliveTransport sets the interval
    options.setTcpKeepAlive(true);
    options.setKeepAliveTimeout(LONGEST_IDLE_SECONDS);
    options.setIdleTimeoutUnit(TimeUnit.SECONDS);
    options.setReadIdleTimeout(longestSilenceSeconds);
    KeyManager[] keys = keys();
    TrustManager[] trust = trust();
    if (nativeTls && options.isSsl() && trust != null && OpenSSLEngineOptions.isAvailable()) {
      String[] protocols = options.getEnabledSecureTransportProtocols().toArray(String[]::new);
      options.setSslEngineOptions(
          new Engine(
              () -> {
                SslContextBuilder context =
                    SslContextBuilder.forClient()
                        .sslProvider(SslProvider.OPENSSL)
                        .protocols(protocols)
                        .trustManager(trust[0]);
                if (keys != null && keys.length > 0) {
                  context.keyManager(keys[0]);
                }
                return context.build();
              }));
    }
  }

  private static final class Engine extends OpenSSLEngineOptions {

    private final SslContextFactory contexts;

    Engine(SslContextFactory contexts) {
      this.contexts = contexts;
    }

    @Override
    public OpenSSLEngineOptions copy() {
      return this;
    }

    @Override
    public SslContextFactory sslContextFactory() {
      return contexts;
    }
  }
}
