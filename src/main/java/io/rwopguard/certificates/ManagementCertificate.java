package io.rwopguard.certificates;

import io.quarkus.tls.KeyStoreAndKeyCertOptions;
import io.quarkus.tls.KeyStoreProvider;
import io.rwopguard.config.ManagementTls;
import io.rwopguard.config.RwopGuardConfig;
import io.smallrye.common.annotation.Identifier;
import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import jakarta.inject.Singleton;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jboss.logging.Logger;

/**
 * Provides the certificate of the management port, if that is secure: the serving certificate.
 * Until there is one, the port presents a temporary certificate that no CA vouches for. Kubelets do
 * not verify it, so their probes succeed, and a new installation can start.
 */
@Singleton
@Identifier(ManagementTls.CONFIGURATION)
public class ManagementCertificate implements KeyStoreProvider {

  private static final Logger LOG = Logger.getLogger(ManagementCertificate.class);
  private static final char[] NO_PASSWORD = new char[0];

  /** The lifetime of the temporary certificate, which ends with the process anyway. */
  private static final Duration TEMPORARY = Duration.ofDays(3650);

  private final ReloadingKeyManager keyManager = new ReloadingKeyManager();

  ManagementCertificate(
      RwopGuardConfig config,
      @Identifier(ServingCertificate.TLS_CONFIGURATION) ServingCertificate serving)
      throws GeneralSecurityException {
    if (!config.management().secure()) {
      return;
    }
    if (serving.current().isEmpty()) {
      keyManager.use(temporary());
      LOG.info(
          "The management port presents a temporary certificate until there is a serving certificate. Clients cannot verify it.");
    }
    serving.share(keyManager);
  }

  private static CertificatePair temporary() {
    Instant now = Instant.now();
    return CertificateAuthority.make("rwop-guard temporary CA", now, TEMPORARY)
        .sign(List.of(new GeneralName(GeneralName.dNSName, "localhost")), now, TEMPORARY);
  }

  @Override
  public KeyStoreAndKeyCertOptions getKeyStore(Vertx vertx) {
    try {
      // handshakes use the key manager alone
      return new KeyStoreAndKeyCertOptions(
          CertificatePair.emptyKeyStore(NO_PASSWORD), KeyCertOptions.wrap(keyManager));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot use the certificate", e);
    }
  }
}
