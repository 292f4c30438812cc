package io.rwopguard.server;

import io.quarkus.vertx.http.HttpsServerStart;
import io.rwopguard.certificates.ServingCertificate;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Prints the next command to a user who tries out the service. */
@Singleton
final class DevModeBanner {

  private static final Logger LOG = Logger.getLogger(DevModeBanner.class);

  /** A PersistentVolume that mixes ReadWriteOncePod with another mode, as short as possible. */
  private static final String REFUSED_VOLUME =
      """
      {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"try-it",\
      "operation":"CREATE","kind":{"group":"","version":"v1","kind":"PersistentVolume"},"name":"data",\
      "object":{"spec":{"accessModes":["ReadWriteOncePod","ReadWriteOnce"],"csi":{}}}}}""";

  private final ServingCertificate certificate;

  DevModeBanner(@Identifier(ServingCertificate.TLS_CONFIGURATION) ServingCertificate certificate) {
    this.certificate = certificate;
  }

  void listening(@ObservesAsync HttpsServerStart started) {
    if (certificate.isDevelopment()) {
      LOG.infof(
          "Try it, from another terminal in this directory:%n  curl --cacert %s -H 'Content-Type:"
              + " application/json' -d '%s' https://localhost:%d/validate",
          certificate.developmentCa(), REFUSED_VOLUME, started.options().getPort());
    }
  }
}
