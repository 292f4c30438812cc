package io.rwopguard.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Namespace;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.EventSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DenialEventsTest {

  private static final String SET =
      "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop, uid: u-1}}";

  private record Written(About about, boolean warning, String reason, String message) {}

  private final List<Written> written = new ArrayList<>();
  private final EventSink sink =
      (about, warning, reason, message, gist) ->
          written.add(new Written(about, warning, reason, message));

  /** Only the namespace shop exists. */
  private final DenialEvents events =
      new DenialEvents(
          sink,
          name ->
              name.equals("shop") ? Lookup.found(new Namespace(name, Map.of())) : Lookup.absent());

  private void deny(ObjectNode review) throws BadReviewException {
    deny(review, "spec.x: a trap (one)\n  spec.y: another (two)");
  }

  private void deny(ObjectNode review, String message) throws BadReviewException {
    AdmissionRequest request = ReviewReader.read(review.toString().getBytes(UTF_8));
    events.denied(
        request,
        new AdmissionResponse(
            request.uid(),
            403,
            message,
            List.of(),
            List.of(),
            JsonNodeFactory.instance.arrayNode()));
  }

  @Test
  void names_the_object_its_author_and_all_reasons_in_one_line() throws Exception {
    ObjectNode review = Reviews.update(SET, SET);
    Reviews.request(review).putObject("userInfo").put("username", "ann");
    deny(review);

    assertThat(written)
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.about())
                  .isEqualTo(new About("apps/v1", "StatefulSet", "shop", "db", "u-1"));
              assertThat(event.warning()).isTrue();
              assertThat(event.reason()).isEqualTo("Denied");
              assertThat(event.message())
                  .startsWith("denied UPDATE by ann")
                  .endsWith(": spec.x: a trap (one) spec.y: another (two)");
            });
  }

  @ParameterizedTest
  @ValueSource(classes = {IllegalStateException.class, OutOfMemoryError.class})
  void a_denial_stands_if_its_event_fails(Class<? extends Throwable> failure) throws Exception {
    Throwable thrown = failure.getConstructor(String.class).newInstance("no thread");
    DenialEvents failing =
        new DenialEvents(
            (about, warning, reason, message, gist) -> {
              if (thrown instanceof Error error) {
                throw error;
              }
              throw (RuntimeException) thrown;
            },
            name -> Lookup.found(new Namespace(name, Map.of())));
    AdmissionRequest request = ReviewReader.read(Reviews.create(SET).toString().getBytes(UTF_8));

    assertThatCode(() -> failing.denied(request, AdmissionResponse.failed(request.uid(), 403, "x")))
        .doesNotThrowAnyException();
  }

  @Test
  void keeps_only_the_beginning_of_a_long_denial() throws Exception {
    deny(Reviews.create(SET), "spec.x: a trap (one)\n".repeat(20_000));

    assertThat(written)
        .extracting(Written::message)
        .allSatisfy(message -> assertThat(message).hasSizeBetween(1_000, 2_000));
  }

  @Test
  void names_what_has_no_name_yet_by_its_prefix() throws Exception {
    ObjectNode review =
        Reviews.create("{apiVersion: v1, kind: Pod, metadata: {generateName: db-}}");
    Reviews.request(review).remove("name");
    deny(review);

    assertThat(written).extracting(event -> event.about().name()).containsExactly("db-");
  }

  @ParameterizedTest
  @ValueSource(strings = {"elsewhere", "Shop", "shop/..", "-", "shop\nx"})
  void writes_nothing_in_a_namespace_that_does_not_exist(String namespace) throws Exception {
    ObjectNode review = Reviews.create(SET);
    Reviews.request(review).put("namespace", namespace);
    deny(review);

    assertThat(written).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../secrets", "DB", "db x", ""})
  void writes_nothing_about_what_is_no_name(String name) throws Exception {
    ObjectNode review = Reviews.create(SET);
    Reviews.request(review).put("name", name);
    deny(review);

    assertThat(written).isEmpty();
  }

  @Test
  void takes_no_version_and_no_uid_that_cannot_be_one() throws Exception {
    ObjectNode review = Reviews.update(SET, SET);
    ObjectNode request = Reviews.request(review);
    ((ObjectNode) request.path("object")).put("apiVersion", "apps/v1 x");
    ((ObjectNode) request.at("/oldObject/metadata")).put("uid", "u\n1");
    deny(review);

    assertThat(written)
        .extracting(Written::about)
        .containsExactly(new About("apps/v1", "StatefulSet", "shop", "db", ""));
  }

  @Test
  void a_minute_has_a_number_of_events_for_each_namespace_and_for_all() {
    AtomicInteger leftOut = new AtomicInteger();
    long[] now = {0};
    EventBudget budget = new EventBudget(() -> now[0], leftOut::incrementAndGet);

    assertThat(written(budget, "shop", 50)).isEqualTo(EventBudget.OF_NAMESPACE);
    assertThat(leftOut).hasValue(30);
    for (String namespace : List.of("a", "b", "c")) {
      assertThat(written(budget, namespace, 20)).isEqualTo(20);
    }
    assertThat(written(budget, "d", 15)).isEqualTo(15);
    assertThat(written(budget, "e", 15)).as("100 in all").isEqualTo(5);

    now[0] = Duration.ofMinutes(1).toNanos() - 1;
    assertThat(written(budget, "f", 1)).isZero();
    now[0] = Duration.ofMinutes(1).toNanos();
    assertThat(written(budget, "shop", 50)).isEqualTo(EventBudget.OF_NAMESPACE);
  }

  private static int written(EventBudget budget, String namespace, int asked) {
    int admitted = 0;
    for (int i = 0; i < asked; i++) {
      if (budget.test(About.pod(namespace, "p" + i, ""))) {
        admitted++;
      }
    }
    return admitted;
  }
}
