package io.rwopguard.certificates;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/** Reports when certificates end, so that an alert can report one that is not renewed. */
@Singleton
final class CertificateMetrics {

  private final MeterRegistry registry;
  private final ServingCertificate serving;
  private final SelfManagedCertificates self;

  CertificateMetrics(
      MeterRegistry registry,
      @Identifier(ServingCertificate.TLS_CONFIGURATION) ServingCertificate serving,
      SelfManagedCertificates self) {
    this.registry = registry;
    this.serving = serving;
    this.self = self;
  }

  void start(@Observes StartupEvent event) {
    expiry("serving", () -> serving.current().map(CertificatePair::end));
    if (self.isEnabled()) {
      expiry("ca", self::caEnd);
    }
  }

  private void expiry(String certificate, Supplier<Optional<Instant>> end) {
    Gauge.builder(
            "rwop_guard_certificate_expiry_timestamp_seconds",
            () -> end.get().map(Instant::getEpochSecond).map(Long::doubleValue).orElse(Double.NaN))
        .description(
            "End of the validity of a certificate, in seconds since 1970; NaN while there is none")
        .tag("certificate", certificate)
        .register(registry);
  }
}
