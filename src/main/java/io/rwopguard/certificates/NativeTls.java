package io.rwopguard.certificates;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.config.TlsEngine;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import jakarta.inject.Singleton;

/**
 * Lets BoringSSL handle TLS handshakes and encryption, if its library exists for the machine and no
 * setting selects the JDK's own. The JDK's own TLS does not use the AES instructions of the
 * processor before the second compiler has compiled it. A new process would answer slowly, and one
 * with little CPU would stay slow. Certificate, protocols and cipher suites do not change.
 */
@Singleton
public final class NativeTls implements HttpServerOptionsCustomizer {

  private final RwopGuardConfig config;

  NativeTls(RwopGuardConfig config) {
    this.config = config;
  }

  @Override
  public void customizeHttpsServer(HttpServerOptions options) {
    // the library must not even be loaded where only validated cryptography may run
    if (config.tls().engine() == TlsEngine.NATIVE && OpenSSLEngineOptions.isAlpnAvailable()) {
      // a session that is resumed is not checked against a CA that has changed
      boolean resumes = config.clients().caCertificate().isEmpty();
      options.setSslEngineOptions(new OpenSSLEngineOptions().setSessionCacheEnabled(resumes));
    }
  }
}
