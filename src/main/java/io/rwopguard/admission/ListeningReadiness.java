package io.rwopguard.admission;

import io.quarkus.vertx.http.HttpsServerStart;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready once the webhooks' port is open: the management port opens first, and an API server that is
 * sent here in between is refused the connection.
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
