package io.rwopguard.certificates;

import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready once there is a certificate to answer with. */
@Singleton
@Readiness
final class CertificateReadiness implements HealthCheck {

  private final ServingCertificate serving;
  private final SelfManagedCertificates self;

  CertificateReadiness(
      @Identifier(ServingCertificate.TLS_CONFIGURATION) ServingCertificate serving,
      SelfManagedCertificates self) {
    this.serving = serving;
    this.self = self;
  }

  @Override
  public HealthCheckResponse call() {
    Optional<CertificatePair> current = serving.current();
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("certificate").status(current.isPresent());
    current.ifPresent(pair -> response.withData("valid-to", pair.end().toString()));
    if (!self.problem().isEmpty()) {
      response.withData("problem", self.problem());
    }
    return response.build();
  }
}
