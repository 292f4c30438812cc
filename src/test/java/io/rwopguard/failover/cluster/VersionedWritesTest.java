package io.rwopguard.failover.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.failover.cluster.ClusterApi.PatchKind;
import io.rwopguard.kube.Resources;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A write that is denied is no write that came too late, whatever code the denial has. */
class VersionedWritesTest {

  private static final ResourceDefinitionContext TYPE = Resources.CONFIG_MAPS;
  private static final String NAMESPACE = "rwop-guard";
  private static final ObjectNode NOTHING = new JsonMapper().createObjectNode();

  private final MemoryCluster cluster = new MemoryCluster();
  private Optional<Integer> answer = Optional.empty();
  private int answers = Integer.MAX_VALUE;
  private boolean leads = true;
  private boolean readable = true;
  private final ClusterApi api =
      new ForwardingClusterApi(cluster) {
        @Override
        protected void beforeWrite(String name) {
          if (answer.isPresent() && answers-- > 0) {
            throw new KubernetesClientException("denied", answer.get(), null);
          }
        }

        @Override
        public Optional<JsonNode> get(
            ResourceDefinitionContext type, String namespace, String name) {
          if (!readable) {
            throw new KubernetesClientException("unreadable", 403, null);
          }
          return super.get(type, namespace, name);
        }
      };
  private final VersionedWrites writes = new VersionedWrites(api, () -> leads);

  private static ObjectNode object() {
    ObjectNode object = new JsonMapper().createObjectNode();
    object.putObject("metadata").put("namespace", NAMESPACE).put("name", "a");
    return object;
  }

  private List<Runnable> writesTo(JsonNode read) {
    return List.of(
        () -> writes.replace(TYPE, NAMESPACE, read),
        () -> writes.patch(TYPE, read, "", PatchKind.MERGE, NOTHING),
        () -> writes.delete(TYPE, read, NOTHING));
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404, 409, 422, 500})
  void a_denied_write_is_a_failure(int code) {
    answer = Optional.of(code);
    Runnable create = () -> writes.create(TYPE, NAMESPACE, object());
    assertThatThrownBy(create::run).hasMessageContaining("denied");
    JsonNode read = cluster.create(TYPE, NAMESPACE, object());
    writesTo(read).forEach(write -> assertThatThrownBy(write::run).hasMessageContaining("denied"));
  }

  @ParameterizedTest
  @ValueSource(ints = {409, 422})
  void a_write_to_what_has_changed_is_none(int code) {
    JsonNode read = cluster.create(TYPE, NAMESPACE, object());
    ObjectNode changed = object();
    changed.putObject("data").put("by", "another");
    cluster.force(TYPE, NAMESPACE, changed);
    answer = Optional.of(code);
    assertThat(writes.replace(TYPE, NAMESPACE, read)).isEmpty();
    assertThat(writes.patch(TYPE, read, "", PatchKind.JSON, NOTHING)).isFalse();
    assertThat(writes.delete(TYPE, read, NOTHING)).isFalse();
  }

  /** The version in a precondition need not be that of the object whose UID it names. */
  @ParameterizedTest
  @ValueSource(ints = {409, 422})
  void a_write_to_what_was_recreated_is_none(int code) {
    ObjectNode read = (ObjectNode) cluster.create(TYPE, NAMESPACE, object());
    read.withObject("/metadata").put("uid", "of the one before");
    answer = Optional.of(code);
    assertThat(writes.replace(TYPE, NAMESPACE, read)).isEmpty();
    assertThat(writes.patch(TYPE, read, "", PatchKind.JSON, NOTHING)).isFalse();
    assertThat(writes.delete(TYPE, read, NOTHING)).isFalse();
  }

  /** Such as for lack of the right to read it. */
  @ParameterizedTest
  @ValueSource(ints = {404, 409, 422})
  void a_refused_write_to_what_cannot_be_read_is_a_failure_with_the_first_answer(int code) {
    JsonNode read = cluster.create(TYPE, NAMESPACE, object());
    answer = Optional.of(code);
    readable = false;
    writesTo(read)
        .forEach(
            write ->
                assertThatThrownBy(write::run)
                    .hasMessageContaining("denied")
                    .satisfies(
                        thrown ->
                            assertThat(thrown.getSuppressed())
                                .singleElement()
                                .hasToString(
                                    "io.fabric8.kubernetes.client.KubernetesClientException: unreadable")));
  }

  @Test
  void a_write_to_what_is_gone_is_none() {
    JsonNode read = cluster.create(TYPE, NAMESPACE, object());
    cluster.delete(TYPE, NAMESPACE, "a", NOTHING);
    answer = Optional.of(404);
    assertThat(writes.replace(TYPE, NAMESPACE, read)).isEmpty();
    assertThat(writes.patch(TYPE, read, "", PatchKind.JSON, NOTHING)).isFalse();
    assertThat(writes.delete(TYPE, read, NOTHING)).isFalse();
  }

  @Test
  void does_not_create_an_existing_object_again() {
    cluster.create(TYPE, NAMESPACE, object());
    assertThat(writes.create(TYPE, NAMESPACE, object())).isEmpty();
  }

  /** The quota admission answers so if another request was counted at the same time. */
  @Test
  void creates_what_conflicts_and_does_not_exist_by_a_second_request() {
    answer = Optional.of(409);
    answers = 1;
    assertThat(writes.create(TYPE, NAMESPACE, object())).isPresent();
  }

  @Test
  void nothing_is_sent_by_who_does_not_lead() {
    JsonNode read = cluster.create(TYPE, NAMESPACE, object());
    int before = cluster.writes();
    leads = false;
    writesTo(read)
        .forEach(write -> assertThatThrownBy(write::run).isInstanceOf(NotLeaderException.class));
    assertThatThrownBy(() -> writes.create(TYPE, NAMESPACE, object()))
        .isInstanceOf(NotLeaderException.class);
    assertThat(cluster.writes()).isEqualTo(before);
  }
}
