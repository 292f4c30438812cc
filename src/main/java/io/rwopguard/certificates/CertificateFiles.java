package io.rwopguard.certificates;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.rwopguard.config.RwopGuardConfig;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Reads a certificate from files, again every few seconds. It polls the files instead of watching
 * them: the mount of a Secret swaps a symbolic link above them, which file events do not report.
 */
final class CertificateFiles implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(CertificateFiles.class);

  private final Path certificate;
  private final Path key;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "certificate-check");
            thread.setDaemon(true);
            return thread;
          });
  private String lastProblem = "";

  /**
   * Uses the files that the settings name, else development files, which it creates if necessary.
   */
  CertificateFiles(RwopGuardConfig.Tls settings) {
    Path development = settings.developmentDirectory();
    certificate =
        settings.certificate().orElse(development.resolve(DevelopmentCertificates.CERTIFICATE));
    key = settings.key().orElse(development.resolve(DevelopmentCertificates.KEY));
    try {
      if (settings.certificate().isEmpty()
          && DevelopmentCertificates.ensure(development, Instant.now())) {
        LOG.infof("Created a development CA and certificate in %s", development);
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /**
   * Reads the files.
   *
   * @throws ConfigurationException if they cannot be used
   */
  CertificatePair read() {
    try {
      return CertificatePair.read(certificate, key);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private static ConfigurationException unusable(IOException problem) {
    return new ConfigurationException(
        problem instanceof FileSystemException file
            ? "rwop-guard.tls: cannot use the file %s (%s). Set rwop-guard.tls.certificate and rwop-guard.tls.key to files that this process can read, or rwop-guard.tls.development-directory to a directory that it can write"
                .formatted(file.getFile(), file.getClass().getSimpleName())
            : "rwop-guard.tls: " + problem.getMessage());
  }

  /** Reads the files again at this interval. */
  void watch(Duration period, ServingCertificate serving) {
    var unused =
        timer.scheduleWithFixedDelay(
            () -> check(serving), period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void check(ServingCertificate serving) {
    try {
      serving.use(CertificatePair.read(certificate, key));
      lastProblem = "";
    } catch (IOException | RuntimeException e) {
      // logged once, not every few seconds; after a swap in progress, the next read succeeds
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(lastProblem)) {
        lastProblem = problem;
        LOG.errorf("Cannot use the new certificate, keeping the old one: %s", problem);
      }
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
