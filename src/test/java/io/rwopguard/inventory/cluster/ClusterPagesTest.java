package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.Test;

class ClusterPagesTest {

  private static KubernetesClientException failure(int code, String token) {
    return new KubernetesClientException(
        new StatusBuilder()
            .withCode(code)
            .withNewMetadata()
            .withContinue(token)
            .endMetadata()
            .build());
  }

  @Test
  void continues_an_expired_list_where_the_api_server_says() {
    assertThat(ClusterPages.continuation(failure(410, "from-here"))).contains("from-here");
  }

  @Test
  void any_other_failure_is_one() {
    assertThat(ClusterPages.continuation(failure(410, ""))).isEmpty();
    assertThat(ClusterPages.continuation(failure(410, null))).isEmpty();
    assertThat(ClusterPages.continuation(failure(403, "from-here"))).isEmpty();
    assertThat(ClusterPages.continuation(new KubernetesClientException("refused"))).isEmpty();
  }
}
