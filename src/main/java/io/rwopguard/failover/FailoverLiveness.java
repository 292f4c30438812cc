package io.rwopguard.failover;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Reports a failover controller whose loop or election is stuck, so that the Pod is restarted. */
@Liveness
@Singleton
final class FailoverLiveness implements HealthCheck {

  private final FailoverService service;

  FailoverLiveness(FailoverService service) {
    this.service = service;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("failover").status(service.isHealthy()).build();
  }
}
