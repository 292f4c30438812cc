package io.rwopguard.certificates;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
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
 * Provides the certificate that the service answers with: from files, or from {@link
 * SelfManagedCertificates}. The next handshake uses a new one.
 */
@Singleton
@Identifier(ServingCertificate.TLS_CONFIGURATION)
public class ServingCertificate implements KeyStoreProvider {

  /** The name of the HTTPS server's TLS configuration in application.properties. */
  public static final String TLS_CONFIGURATION = "rwop-guard";

  private static final Logger LOG = Logger.getLogger(ServingCertificate.class);
  private static final char[] NO_PASSWORD = new char[0];

  private final RwopGuardConfig.Tls settings;
  private final boolean answers;
  private final Optional<CertificateFiles> files;
  private final ReloadingKeyManager keyManager;
  private Optional<ReloadingKeyManager> follower = Optional.empty();
  private volatile Optional<CertificatePair> current = Optional.empty();

  ServingCertificate(RwopGuardConfig config) throws GeneralSecurityException {
    ConfigCheck.check(config);
    settings = config.tls();
    answers = config.run().contains(ProcessPart.ADMISSION);
    keyManager = new ReloadingKeyManager();
    boolean presents =
        answers || (config.management().secure() && settings.certificate().isPresent());
    files =
        !presents || settings.selfManaged().enabled()
            ? Optional.empty()
            : Optional.of(new CertificateFiles(settings));
    if (files.isPresent()) {
      current = first(files.get());
      if (current.isPresent()) {
        keyManager.use(current.get());
      }
    }
  }

  /**
   * Reads the files for the first time. Controllers start without a certificate: failover must not
   * depend on one, which only the readers of their metrics verify.
   */
  private Optional<CertificatePair> first(CertificateFiles files) {
    try {
      return Optional.of(files.read());
    } catch (ConfigurationException e) {
      if (answers) {
        throw e;
      }
      LOG.errorf(
          "Cannot use the certificate, so readers of metrics cannot verify this process: %s. The files are read again every %s.",
          e.getMessage(), settings.reloadInterval());
      return Optional.empty();
    }
  }

  /**
   * Returns whether the certificate is a development certificate, which the service created for a
   * trial.
   */
  public boolean isDevelopment() {
    return answers && settings.certificate().isEmpty() && !settings.selfManaged().enabled();
  }

  /**
   * Returns the file of the CA that clients of a service with a development certificate have to
   * trust.
   */
  public Path developmentCa() {
    return settings.developmentDirectory().resolve(DevelopmentCertificates.CA);
  }

  @Override
  public KeyStoreAndKeyCertOptions getKeyStore(Vertx vertx) {
    try {
      // only Quarkus evaluates the key store; handshakes use the key manager
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
    files.ifPresent(found -> found.watch(settings.reloadInterval(), this));
  }

  void stop(@Observes ShutdownEvent event) {
    files.ifPresent(CertificateFiles::close);
  }

  /** Uses this certificate for handshakes that start from now on. */
  synchronized void use(CertificatePair pair) {
    if (current.filter(pair::equals).isPresent()) {
      return;
    }
    try {
      keyManager.use(pair);
      if (follower.isPresent()) {
        follower.get().use(pair);
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    current = Optional.of(pair);
    LOG.infof("Answering with a new certificate: %s", pair);
  }

  /**
   * Lets the key manager of another port use the same certificate, from now on or once it exists.
   */
  synchronized void share(ReloadingKeyManager other) throws GeneralSecurityException {
    follower = Optional.of(other);
    if (current.isPresent()) {
      other.use(current.get());
    }
  }

  /** Returns the certificate for new handshakes; empty until there is one. */
  Optional<CertificatePair> current() {
    return current;
  }
}
