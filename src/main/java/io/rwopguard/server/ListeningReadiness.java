package io.rwopguard.server;

import io.quarkus.vertx.http.HttpsServerStart;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Reports ready once the webhooks' port is open. The management port opens first, and in between a
 * request of an API server would be refused.
 */
@Singleton
@Readiness
final class ListeningReadiness implements HealthCheck {

  private volatile boolean listening;

  void listening(@ObservesAsync HttpsServerStart started) {
    listening = true;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("https").status(listening).build();
  }
}
