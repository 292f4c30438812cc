package io.rwopguard.certificates;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.TCPSSLOptions;
import jakarta.inject.Singleton;

/**
 * Lets BoringSSL answer handshakes and encrypt, where its library is there for the machine. The
 * JDK's own TLS has no use of the processor's instructions for AES before the second compiler has
 * been at it, so that a young process answers slowly, and one that has little of the processor
 * never quickly. Certificate and protocols stay what they are.
 */
@Singleton
public final class NativeTls implements HttpServerOptionsCustomizer {

  @Override
  public void customizeHttpsServer(HttpServerOptions options) {
    use(options);
  }

  /** Lets a server or client of HTTP/2 use it, if it is there. */
  public static void use(TCPSSLOptions options) {
    if (OpenSSLEngineOptions.isAlpnAvailable()) {
      options.setSslEngineOptions(new OpenSSLEngineOptions());
    }
  }
}
