package io.rwopguard.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.time.Duration;

/** Derives clients for requests whose answers are worthless after some time. */
public final class SingleRequests {

  private SingleRequests() {}

  /**
   * Returns a client that shares the connections of the given one. Each of its requests ends after
   * the timeout, and none is sent a second time.
   */
  public static KubernetesClient within(Duration timeout, KubernetesClient client) {
    return client
        .newClient(
            new RequestConfigBuilder()
                .withRequestTimeout(Math.toIntExact(timeout.toMillis()))
                .withRequestRetryBackoffLimit(0)
                .build())
        .adapt(KubernetesClient.class);
  }
}
