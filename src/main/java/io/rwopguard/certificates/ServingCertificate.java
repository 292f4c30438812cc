package io.rwopguard.certificates;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.tls.KeyStoreAndKeyCertOptions;
import io.quarkus.tls.KeyStoreProvider;
import io.rwopguard.config.ConfigCheck;
import io.rwopguard.config.RwopGuardConfig;
import io.smallrye.common.annotation.Identifier;
import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The certificate the service answers with, read again whenever its files change. The files are
 * read rather than watched: a Secret's mount swaps a symbolic link above them, which file events do
 * not tell of.
 */
@Singleton
@Identifier(ServingCertificate.TLS_CONFIGURATION)
public class ServingCertificate implements KeyStoreProvider {

  /** The name that application.properties gives to the HTTPS server's TLS configuration. */
  public static final String TLS_CONFIGURATION = "rwop-guard";

  private static final Logger LOG = Logger.getLogger(ServingCertificate.class);

  private final RwopGuardConfig config;
  private final Path certificateFile;
  private final Path keyFile;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "certificate-check");
            thread.setDaemon(true);
            return thread;
          });

  private final ReloadingKeyManager keyManager;
  private CertificatePair current;
  private String lastProblem = "";

  ServingCertificate(RwopGuardConfig config) {
    ConfigCheck.check(config);
    this.config = config;
    Path development = config.tls().developmentDirectory();
    certificateFile =
        config.tls().certificate().orElse(development.resolve(DevelopmentCertificates.CERTIFICATE));
    keyFile = config.tls().key().orElse(development.resolve(DevelopmentCertificates.KEY));
    try {
      if (isDevelopment() && DevelopmentCertificates.ensure(development, Instant.now())) {
        LOG.infof("Made a development CA and certificate in %s", development);
      }
      current = CertificatePair.read(certificateFile, keyFile);
      keyManager = new ReloadingKeyManager(current);
    } catch (FileSystemException e) {
      throw new ConfigurationException(
          "rwop-guard.tls: cannot use the file %s (%s); name a certificate that can be read by rwop-guard.tls.certificate and rwop-guard.tls.key, or a directory that can be written by rwop-guard.tls.development-directory"
              .formatted(e.getFile(), e.getClass().getSimpleName()));
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigurationException("rwop-guard.tls: " + e.getMessage());
    }
  }

  /** Whether the certificate was made by the service itself, for trying it out. */
  public boolean isDevelopment() {
    return config.tls().certificate().isEmpty();
  }

  /** The CA that a client has to trust to talk to a service with a development certificate. */
  public Path developmentCa() {
    return config.tls().developmentDirectory().resolve(DevelopmentCertificates.CA);
  }

  @Override
  public KeyStoreAndKeyCertOptions getKeyStore(Vertx vertx) {
    try {
      // the key store is only for Quarkus to look at; handshakes ask the key manager
      return new KeyStoreAndKeyCertOptions(
          current.toKeyStore(TLS_CONFIGURATION, new char[0]), KeyCertOptions.wrap(keyManager));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot use the certificate in " + certificateFile, e);
    }
  }

  void start(@Observes StartupEvent event) {
    long period = config.tls().checkEvery().toMillis();
    var unused = timer.scheduleWithFixedDelay(this::check, period, period, TimeUnit.MILLISECONDS);
  }

  void stop(@Observes ShutdownEvent event) {
    timer.shutdownNow();
  }

  private void check() {
    try {
      CertificatePair now = CertificatePair.read(certificateFile, keyFile);
      lastProblem = "";
      if (now.equals(current)) {
        return;
      }
      keyManager.use(now);
      current = now;
      LOG.infof(
          "Answering with a new certificate: serial %x, valid to %s",
          now.leaf().getSerialNumber(), now.leaf().getNotAfter().toInstant());
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      // said once, not every few seconds; a swap in progress mends itself by the next look
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(lastProblem)) {
        lastProblem = problem;
        LOG.errorf("Cannot use the new certificate, keeping the old one: %s", problem);
      }
    }
  }
}
