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

/** Shows the validity of certificates, so that an alert can report one that is not renewed. */
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
    validity(
        "serving",
        () -> serving.current().map(CertificatePair::start),
        () -> serving.current().map(CertificatePair::end));
    if (self.isEnabled()) {
      validity(
          "ca",
          () -> self.ca().map(ca -> ca.getNotBefore().toInstant()),
          () -> self.ca().map(ca -> ca.getNotAfter().toInstant()));
    }
    if (self.controls()) {
      Gauge.builder("rwop_guard_certificate_leader", () -> self.leads() ? 1 : 0)
          .description("1 on the replica that issues certificates")
          .register(registry);
      Gauge.builder("rwop_guard_ca_bundle_mismatches", self::mismatches)
          .description("Webhooks whose caBundle the leader found wrong and could not correct yet")
          .register(registry);
    }
  }

  private void validity(
      String certificate, Supplier<Optional<Instant>> start, Supplier<Optional<Instant>> end) {
    time(
        "last_rotation",
        certificate,
        "Start of the validity of a certificate, which is when it was issued",
        start);
    time("expiry", certificate, "End of the validity of a certificate", end);
  }

  private void time(
      String what, String certificate, String description, Supplier<Optional<Instant>> time) {
    Gauge.builder(
            "rwop_guard_certificate_%s_timestamp_seconds".formatted(what),
            () -> time.get().map(Instant::getEpochSecond).map(Long::doubleValue).orElse(Double.NaN))
        .description(description + ", in seconds since 1970; NaN while there is none")
        .tag("certificate", certificate)
        .register(registry);
  }
}
