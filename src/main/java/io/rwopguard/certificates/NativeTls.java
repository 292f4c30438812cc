package io.rwopguard.certificates;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.TCPSSLOptions;
import jakarta.inject.Singleton;

/**
 * Lets BoringSSL handle TLS handshakes and encryption, if its library exists for the machine. The
 * JDK's own TLS does not use the AES instructions of the processor before the second compiler has
 * compiled it. A new process would answer slowly, and one with little CPU would stay slow.
 * Certificate and protocols do not change.
 */
@Singleton
public final class NativeTls implements HttpServerOptionsCustomizer {

  @Override
  public void customizeHttpsServer(HttpServerOptions options) {
    use(options);
  }

  /** Lets an HTTP/2 server or client use BoringSSL, if it is available. */
  public static void use(TCPSSLOptions options) {
    if (OpenSSLEngineOptions.isAlpnAvailable()) {
      options.setSslEngineOptions(new OpenSSLEngineOptions());
    }
  }
}
