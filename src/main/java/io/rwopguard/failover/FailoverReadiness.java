package io.rwopguard.failover;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Reports a failover controller that is no candidate in the election, with the reason. A rollout to
 * replicas that could do nothing then stops. A process that also serves admission stays ready.
 */
@Readiness
@Singleton
final class FailoverReadiness implements HealthCheck {

  private final FailoverService service;

  FailoverReadiness(FailoverService service) {
    this.service = service;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder response = HealthCheckResponse.named("failover election");
    boolean stands =
        service
            .whyNotStanding()
            .map(why -> response.withData("does not stand for election", why))
            .isEmpty();
    return response.status(stands || !service.isAlone()).build();
  }
}
