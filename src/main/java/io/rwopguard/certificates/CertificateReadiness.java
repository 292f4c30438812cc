package io.rwopguard.certificates;

import io.rwopguard.config.ProcessPart;
import io.rwopguard.config.RwopGuardConfig;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Reports readiness once there is a certificate to answer with, in a process that answers API
 * servers.
 */
@Singleton
@Readiness
final class CertificateReadiness implements HealthCheck {

  private final ServingCertificate serving;
  private final SelfManagedCertificates self;
  private final boolean answers;

  CertificateReadiness(
      @Identifier(ServingCertificate.TLS_CONFIGURATION) ServingCertificate serving,
      SelfManagedCertificates self,
      RwopGuardConfig config) {
    this.serving = serving;
    this.self = self;
    this.answers = config.run().contains(ProcessPart.ADMISSION);
  }

  @Override
  public HealthCheckResponse call() {
    Optional<CertificatePair> current = serving.current();
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("certificate").status(current.isPresent() || !answers);
    current.ifPresent(pair -> response.withData("valid-to", pair.end().toString()));
    self.problem().ifPresent(problem -> response.withData("problem", problem));
    return response.build();
  }
}
