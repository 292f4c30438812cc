package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The taints of remediations, while the API server does not answer for their kind. */
class RemediationTaintsTest {

  private Instant now = Instant.parse("2026-11-27T00:00:00Z");
  private int requests;
  private final RemediationProvider provider =
      new RemediationProvider(
          new RemediationProvider.Settings("ipmi", "ipmi", "default", Duration.ofMinutes(5)),
          new Unanswered(),
          () -> now);

  /** An API server whose conversion webhook for the kind does not answer. */
  private final class Unanswered implements FenceApi {

    private KubernetesClientException timeout() {
      requests++;
      return new KubernetesClientException("no answer within 2 s");
    }

    @Override
    public Optional<JsonNode> get(ResourceDefinitionContext type, String namespace, String name) {
      throw timeout();
    }

    @Override
    public List<JsonNode> list(
        ResourceDefinitionContext type, String namespace, String label, String value) {
      throw timeout();
    }

    @Override
    public boolean create(ResourceDefinitionContext type, ObjectNode object) {
      throw timeout();
    }

    @Override
    public boolean replace(ResourceDefinitionContext type, ObjectNode object) {
      throw timeout();
    }

    @Override
    public boolean delete(ResourceDefinitionContext type, JsonNode object) {
      throw timeout();
    }
  }

  @Test
  void a_kind_that_is_not_answered_holds_up_the_evaluation_of_nodes_once_and_not_for_each() {
    for (int node = 0; node < 20; node++) {
      assertThat(provider.ownTaints("node-" + node)).isEmpty();
    }
    assertThat(requests).isOne();
    now = now.plusSeconds(10);
    for (int node = 0; node < 20; node++) {
      provider.ownTaints("node-" + node);
    }
    assertThat(requests).isEqualTo(2);
  }
}
