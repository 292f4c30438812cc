package io.rwopguard.failover;

import io.quarkus.vertx.http.ManagementInterface;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Serves the failover report on the management port, beside health and metrics. */
@Singleton
final class FailoverRoute {

  private final FailoverService service;

  FailoverRoute(FailoverService service) {
    this.service = service;
  }

  void install(@Observes ManagementInterface management) {
    management
        .router()
        .get("/failover")
        .handler(
            request ->
                request
                    .response()
                    .putHeader("Content-Type", "application/json")
                    .end(
                        service
                            .report()
                            .map(FailoverReport::toJson)
                            .orElseGet(FailoverReport::off)));
  }
}
