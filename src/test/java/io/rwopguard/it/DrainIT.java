package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.network.KeepAliveConnection;
import io.rwopguard.testing.network.KeepAliveConnection.Answer;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Tests how the packaged service ends while API servers continue to call it. */
@Isolated("it asserts on times")
class DrainIT {

  private static final Duration DELAY = Duration.ofSeconds(5);
  private static final Map<String, String> AS_THE_CHART_SETS_IT =
      Map.of("QUARKUS_SHUTDOWN_DELAY", "5s");
  private static final int EXIT_CODE_OF_SIGTERM = 143;

  /** Answers that a client received, and how many of them asked it to close the connection. */
  private record Seen(int answers, int told) {}

  @Test
  void no_request_fails_while_clients_are_sent_elsewhere() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (ServiceProcess service = new ServiceProcess(AS_THE_CHART_SETS_IT)) {
      SSLContext tls = Tls.trusting(service.ca());
      Awaitility.await().until(() -> service.health("ready") == 200);
      KeepAliveConnection idle = new KeepAliveConnection(tls, service.port());
      assertThat(idle.ask()).isEqualTo(new Answer(200, false));
      // most of the delay is for them, and in the rest no request should come any more
      long end = System.nanoTime() + Duration.ofSeconds(2).plus(DELAY.dividedBy(2)).toNanos();
      List<Future<Seen>> clients = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        clients.add(threads.submit(keepsAsking(tls, service.port(), end)));
      }
      Thread.sleep(2000);

      service.sendSigterm();
      long signal = System.nanoTime();
      Future<Duration> idleUntil =
          threads.submit(
              () -> {
                assertThat(idle.isClosedByServer()).isTrue();
                return Duration.ofNanos(System.nanoTime() - signal);
              });
      Awaitility.await()
          .atMost(Duration.ofSeconds(2))
          .untilAsserted(
              () ->
                  assertThat(service.management("/q/health/ready").body())
                      .contains("Graceful Shutdown", "DOWN"));

      for (Future<Seen> client : clients) {
        Seen seen = client.get(30, TimeUnit.SECONDS);
        assertThat(seen.answers()).isGreaterThan(seen.told());
        assertThat(seen.told()).isPositive();
      }
      assertThat(idleUntil.get(30, TimeUnit.SECONDS))
          .isBetween(DELAY.dividedBy(2), DELAY.minusMillis(300));
      assertThat(service.awaitExit()).isEqualTo(EXIT_CODE_OF_SIGTERM);
      assertThat(Duration.ofNanos(System.nanoTime() - signal))
          .isBetween(DELAY, DELAY.plusSeconds(10));
      idle.close();
    } finally {
      threads.shutdownNow();
    }
  }

  /** Asks one question after another; told to go, it comes back by a new connection. */
  private static Callable<Seen> keepsAsking(SSLContext tls, int port, long end) {
    return () -> {
      int answers = 0;
      int told = 0;
      while (System.nanoTime() < end) {
        try (KeepAliveConnection connection = new KeepAliveConnection(tls, port)) {
          boolean open = true;
          while (open && System.nanoTime() < end) {
            Answer answer = connection.ask();
            assertThat(answer.status()).isEqualTo(200);
            answers++;
            if (answer.closes()) {
              told++;
              open = false;
            }
          }
        }
      }
      return new Seen(answers, told);
    };
  }

  @Test
  void finishes_requests_in_progress_at_the_end_of_the_delay() throws Exception {
    try (ServiceProcess service = new ServiceProcess(Map.of("QUARKUS_SHUTDOWN_DELAY", "1s"))) {
      KeepAliveConnection slow =
          new KeepAliveConnection(Tls.trusting(service.ca()), service.port());
      // so that the next one is sure to have come in before the signal
      slow.ask();
      slow.begin();
      service.sendSigterm();
      Thread.sleep(3000);

      assertThat(slow.finish().status()).isEqualTo(200);
      slow.close();
      assertThat(service.awaitExit()).isEqualTo(EXIT_CODE_OF_SIGTERM);
    }
  }

  @Test
  void a_request_that_never_ends_holds_the_end_up_for_ten_seconds_at_most() throws Exception {
    try (ServiceProcess service = new ServiceProcess()) {
      KeepAliveConnection endless =
          new KeepAliveConnection(Tls.trusting(service.ca()), service.port());
      endless.ask();
      endless.begin();
      long signal = System.nanoTime();
      service.sendSigterm();

      assertThat(service.awaitExit()).isEqualTo(EXIT_CODE_OF_SIGTERM);
      assertThat(Duration.ofNanos(System.nanoTime() - signal)).isLessThan(Duration.ofSeconds(15));
      endless.close();
    }
  }

  @Test
  void without_a_delay_the_end_comes_at_once() throws IOException, InterruptedException {
    try (ServiceProcess service = new ServiceProcess()) {
      long signal = System.nanoTime();
      service.sendSigterm();

      assertThat(service.awaitExit()).isEqualTo(EXIT_CODE_OF_SIGTERM);
      assertThat(Duration.ofNanos(System.nanoTime() - signal)).isLessThan(Duration.ofSeconds(5));
    }
  }
}
