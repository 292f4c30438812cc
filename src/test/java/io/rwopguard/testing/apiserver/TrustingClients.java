package io.rwopguard.testing.apiserver;

import io.rwopguard.testing.network.KeepAliveConnection;
import io.rwopguard.testing.network.Tls;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Clients that ask a service over and over, by a new connection each time. They trust what each
 * bundle held a second ago, like an API server that is late by that much.
 */
public final class TrustingClients implements AutoCloseable {

  private static final long LATE = Duration.ofSeconds(1).toNanos();

  /** Content of the bundles at a time. */
  private record Read(long at, List<String> bundles) {}

  private final SelfManagedInstallation installation;
  private final Set<String> issuers;
  private final Set<String> certificates;
  private final Deque<Read> reads = new ConcurrentLinkedDeque<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final Set<Integer> asked = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile boolean closed;

  /** Adds to these sets what it is shown. */
  public TrustingClients(
      SelfManagedInstallation installation, Set<String> issuers, Set<String> certificates) {
    this.installation = installation;
    this.issuers = issuers;
    this.certificates = certificates;
    reads.add(new Read(System.nanoTime(), installation.bundles()));
    var unused = threads.submit(this::keepReading);
  }

  private Void keepReading() throws InterruptedException {
    while (!closed) {
      long now = System.nanoTime();
      reads.addLast(new Read(now, installation.bundles()));
      while (reads.size() > 2 && now - reads.peekFirst().at() > LATE) {
        reads.removeFirst();
      }
      Thread.sleep(100);
    }
    return null;
  }

  /** Asks the service on this port from now on. */
  public void ask(int port) {
    asked.add(port);
    var unused = threads.submit(() -> keepAsking(port));
  }

  /** Leaves it alone. */
  public void leave(int port) throws InterruptedException {
    asked.remove(port);
    Thread.sleep(500);
  }

  private Void keepAsking(int port) throws InterruptedException {
    while (!closed && asked.contains(port)) {
      for (String bundle : reads.peekFirst().bundles()) {
        try (KeepAliveConnection connection = new KeepAliveConnection(Tls.trusting(bundle), port)) {
          int status = connection.ask().status();
          if (status != 200) {
            failures.add("status " + status);
          }
          X509Certificate presented = connection.presented();
          issuers.add(presented.getIssuerX500Principal().getName());
          certificates.add(presented.getSerialNumber().toString(16));
        } catch (IOException | GeneralSecurityException e) {
          if (!closed && asked.contains(port)) {
            failures.add(port + ": " + e);
          }
        }
      }
      Thread.sleep(50);
    }
    return null;
  }

  public List<String> failures() {
    return failures;
  }

  @Override
  public void close() {
    closed = true;
    threads.shutdown();
    try {
      var unused = threads.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
