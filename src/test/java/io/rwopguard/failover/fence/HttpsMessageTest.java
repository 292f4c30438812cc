package io.rwopguard.failover.fence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.fence.FenceStatus.State;
import io.rwopguard.failover.fence.HttpsMessage.Action;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of an HTTPS fence that a lenient reader would take for a confirmation. */
class HttpsMessageTest {

  private static final FenceTarget TARGET =
      new FenceTarget(
          "node-1",
          "u1",
          "b1",
          "2026-01-01T00:00:00Z",
          List.of(new FencedVolume("d", "h", "pv", "7")),
          "shop",
          "db-0",
          "p1");

  private static State state(Action action, String body) {
    return HttpsMessage.answer(action, FenceScope.VOLUMES, TARGET, body.getBytes(UTF_8)).state();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"fenced\": true, \"volumes\": [\"7\"]} {\"fenced\": false}",
        "{\"fenced\": true, \"volumes\": [\"7\"]} failed",
        "{\"fenced\": false, \"fenced\": true, \"volumes\": [\"7\"]}",
        "{\"fenced\": true, \"volumes\": {\"failed\": \"7\"}}",
        "{\"fenced\": true, \"volumes\": [7]}",
        "{\"fenced\": true, \"volumes\": \"7\"}"
      })
  void an_ambiguous_answer_confirms_no_fence(String body) {
    assertThat(state(Action.FENCE, body)).isEqualTo(State.FAILED);
    assertThat(state(Action.STATUS, body)).isEqualTo(State.FAILED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"unfenced\": true} {\"unfenced\": false}",
        "{\"unfenced\": false, \"unfenced\": true}"
      })
  void an_ambiguous_answer_confirms_no_unfence(String body) {
    assertThat(state(Action.UNFENCE, body)).isEqualTo(State.FAILED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"fenced\": true, \"volumes\": [\"7\", 8, null]}\n"})
  void an_answer_may_have_more_than_was_asked_for(String body) {
    assertThat(state(Action.FENCE, body)).isEqualTo(State.CONFIRMED);
  }
}
