package io.rwopguard.server;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.rwopguard.config.ProcessPart;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.kube.ReloadingTrustManager;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.TrustOptions;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.Set;

/**
 * Makes the webhooks' port ask for a client certificate, if the settings name the CA of API
 * servers. A caller without one gets no answer at all: the TLS handshake fails. An API server
 * presents the certificate that its {@code AdmissionConfiguration} names for the webhook.
 */
@Singleton
public final class ClientCertificates implements HttpServerOptionsCustomizer {

  private final RwopGuardConfig config;

  ClientCertificates(RwopGuardConfig config) {
    this.config = config;
  }

  @Override
  public void customizeHttpsServer(HttpServerOptions options) {
    if (config.run().contains(ProcessPart.ADMISSION)) {
      RwopGuardConfig.Clients clients = config.clients();
      clients
          .caCertificate()
          .ifPresent(ca -> require(options, ca, clients.names().orElse(Set.of())));
    }
  }

  private static void require(HttpServerOptions options, Path ca, Set<String> names) {
    options
        .setClientAuth(ClientAuth.REQUIRED)
        .setTrustOptions(
            TrustOptions.wrap(
                new NamedClients(ReloadingTrustManager.of(ca, "from API servers"), names)));
  }
}
