package io.rwopguard.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Checks that one read answers all callers that asked before it started, and no others. */
class SharedReadTest {

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  @Test
  void those_who_ask_during_a_read_share_the_next_one() throws Exception {
    AtomicInteger reads = new AtomicInteger();
    AtomicInteger atOnce = new AtomicInteger();
    AtomicInteger mostAtOnce = new AtomicInteger();
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    SharedRead<Integer> shared =
        new SharedRead<>(
            () -> {
              mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
              int number = reads.incrementAndGet();
              started.countDown();
              try {
                go.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              atOnce.decrementAndGet();
              return number;
            });
    Future<Integer> first = threads.submit(shared::get);
    started.await();
    List<Future<Integer>> others = new ArrayList<>();
    CountDownLatch asking = new CountDownLatch(8);
    for (int i = 0; i < 8; i++) {
      others.add(
          threads.submit(
              () -> {
                asking.countDown();
                return shared.get();
              }));
    }
    asking.await();
    TimeUnit.MILLISECONDS.sleep(200);
    go.countDown();
    assertThat(first.get()).isEqualTo(1);
    for (Future<Integer> other : others) {
      assertThat(other.get()).isEqualTo(2);
    }
    assertThat(mostAtOnce).hasValue(1);
    assertThat(shared.get()).isEqualTo(3);
  }

  @Test
  void a_failure_is_thrown_as_it_is_and_the_next_read_is_another() {
    AtomicInteger reads = new AtomicInteger();
    SharedRead<Integer> shared =
        new SharedRead<>(
            () -> {
              if (reads.incrementAndGet() == 1) {
                throw new KubernetesClientException("forbidden", 403, null);
              }
              return reads.get();
            });
    assertThatThrownBy(shared::get)
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(403));
    assertThat(shared.get()).isEqualTo(2);
  }
}
