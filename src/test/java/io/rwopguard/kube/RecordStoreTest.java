package io.rwopguard.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests what an informer stores of objects, some of which cannot be read. */
class RecordStoreTest {

  private final List<String> changes = new ArrayList<>();
  private final RecordStore<String> store =
      new RecordStore<>(
          object -> {
            String name = object.path("metadata").path("name").asText();
            String kind = object.path("kind").asText();
            if (kind.equals("Broken")) {
              throw new IllegalArgumentException("thrown by the test");
            }
            if (kind.equals("Endless")) {
              throw new StackOverflowError("thrown by the test");
            }
            return Optional.of(name);
          },
          (before, after) -> changes.add(before.orElse("none") + " " + after.orElse("none")));

  private static GenericKubernetesResource object(String kind, String name) {
    return new GenericKubernetesResourceBuilder()
        .withKind(kind)
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .build();
  }

  @Test
  void an_object_that_cannot_be_read_is_left_out_and_keeps_no_other_from_being_read() {
    ItemStore<GenericKubernetesResource> kept = store.next();
    kept.put("a", object("Fine", "a"));
    kept.put("b", object("Broken", "b"));
    kept.put("c", object("Endless", "c"));
    kept.put("d", object("Fine", "d"));
    assertThat(store.records()).containsExactlyInAnyOrder("a", "d");
  }

  @Test
  void an_object_that_can_no_longer_be_read_is_forgotten() {
    ItemStore<GenericKubernetesResource> kept = store.next();
    kept.put("a", object("Fine", "a"));
    kept.put("a", object("Broken", "a"));
    assertThat(store.records()).isEmpty();
    assertThat(changes).containsExactly("none a", "a none");
  }

  /** The list of an informer that was stopped may be answered after its successor's. */
  @Test
  void an_informer_that_has_a_successor_changes_nothing() {
    ItemStore<GenericKubernetesResource> stopped = store.next();
    stopped.put("kept", object("Fine", "kept"));
    stopped.put("label", object("Fine", "before"));
    ItemStore<GenericKubernetesResource> successor = store.next();
    successor.put("label", object("Fine", "after"));
    successor.put("new", object("Fine", "new"));
    int told = changes.size();

    stopped.put("label", object("Fine", "before"));
    stopped.put("gone", object("Fine", "gone"));
    stopped.remove("new");
    assertThat(store.records()).containsExactlyInAnyOrder("kept", "after", "new");
    assertThat(changes).hasSize(told);
    store.ifCurrent(stopped, () -> changes.add("a failure of the stopped one"));
    assertThat(changes).hasSize(told);
    store.ifCurrent(successor, () -> changes.add("a failure of its successor"));
    assertThat(changes).hasSize(told + 1);
    // what the stopped informer knew and its successor does not find is still removed
    assertThat(successor.keySet()).contains("kept");
    successor.remove("kept");
    assertThat(store.records()).containsExactlyInAnyOrder("after", "new");
  }

  /** Nor does it if it was already reading an object when its successor began. */
  @Test
  void a_change_in_progress_comes_before_those_of_the_successor() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    RecordStore<String> slow =
        new RecordStore<>(
            object -> {
              String name = object.path("metadata").path("name").asText();
              if (name.equals("before")) {
                reading.countDown();
                await(goOn);
              }
              return Optional.of(name);
            },
            (before, after) -> {});
    ItemStore<GenericKubernetesResource> stopped = slow.next();
    Thread informer = new Thread(() -> stopped.put("label", object("Fine", "before")));
    informer.start();
    await(reading);
    Thread restart = new Thread(() -> slow.next().put("label", object("Fine", "after")));
    restart.start();
    restart.join(200);
    goOn.countDown();
    informer.join();
    restart.join();
    assertThat(slow.record("label")).contains("after");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
