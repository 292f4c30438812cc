package io.rwopguard.certificates;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.tls.KeyStoreAndKeyCertOptions;
import io.quarkus.tls.KeyStoreProvider;
import io.rwopguard.config.ConfigCheck;
import io.rwopguard.config.ProcessPart;
import io.rwopguard.config.RwopGuardConfig;
import io.smallrye.common.annotation.Identifier;
import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The certificate the service answers with: that of the files, or the one that {@link
 * SelfManagedCertificates} brings. A new one is used by the next handshake.
 */
@Singleton
@Identifier(ServingCertificate.TLS_CONFIGURATION)
public class ServingCertificate implements KeyStoreProvider {

  /** The name that application.properties gives to the HTTPS server's TLS configuration. */
  public static final String TLS_CONFIGURATION = "rwop-guard";

  private static final Logger LOG = Logger.getLogger(ServingCertificate.class);
  private static final char[] NO_PASSWORD = new char[0];

  private final RwopGuardConfig.Tls settings;
  private final boolean answers;
  private final Optional<CertificateFiles> files;
  private final ReloadingKeyManager keyManager;
  private volatile Optional<CertificatePair> current = Optional.empty();

  ServingCertificate(RwopGuardConfig config) throws GeneralSecurityException {
    ConfigCheck.check(config);
    settings = config.tls();
    answers = config.run().contains(ProcessPart.ADMISSION);
    keyManager = new ReloadingKeyManager();
    files =
        !answers || settings.self().enabled()
            ? Optional.empty()
            : Optional.of(new CertificateFiles(settings));
    if (files.isPresent()) {
      CertificatePair first = files.get().read();
      keyManager.use(first);
      current = Optional.of(first);
    }
  }

  /** Whether the certificate was made by the service itself, for trying it out. */
  public boolean isDevelopment() {
    return answers && settings.certificate().isEmpty() && !settings.self().enabled();
  }

  /** The CA that a client has to trust to talk to a service with a development certificate. */
  public Path developmentCa() {
    return settings.developmentDirectory().resolve(DevelopmentCertificates.CA);
  }

  @Override
  public KeyStoreAndKeyCertOptions getKeyStore(Vertx vertx) {
    try {
      // the key store is only for Quarkus to look at; handshakes ask the key manager
      KeyStore store =
          current.isPresent()
              ? current.get().toKeyStore(TLS_CONFIGURATION, NO_PASSWORD)
              : CertificatePair.emptyKeyStore(NO_PASSWORD);
      return new KeyStoreAndKeyCertOptions(store, KeyCertOptions.wrap(keyManager));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot use the certificate", e);
    }
  }

  void start(@Observes StartupEvent event) {
    files.ifPresent(found -> found.watch(settings.checkEvery(), this));
  }

  void stop(@Observes ShutdownEvent event) {
    files.ifPresent(CertificateFiles::close);
  }

  /** Handshakes that begin from now on get this certificate. */
  synchronized void use(CertificatePair pair) {
    if (current.filter(pair::equals).isPresent()) {
      return;
    }
    try {
      keyManager.use(pair);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    current = Optional.of(pair);
    LOG.infof("Answering with a new certificate: %s", pair);
  }

  /** What handshakes get now; none until there is one. */
  Optional<CertificatePair> current() {
    return current;
  }
}
