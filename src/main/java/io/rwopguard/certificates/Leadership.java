package io.rwopguard.certificates;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectorBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Whether this replica is the one that acts, by a Lease that it tries to hold for ever. */
final class Leadership implements AutoCloseable {

  /** An API server that does not answer must not hold up the end of the service. */
  private static final int LONGEST_RELEASE_SECONDS = 2;

  private final KubernetesClient client;
  private final LeaderElectionConfig election;
  private final Duration retry;
  private final ScheduledExecutorService executor =
      Executors.newScheduledThreadPool(
          2,
          work -> {
            Thread thread = new Thread(work, "certificate-leader");
            thread.setDaemon(true);
            return thread;
          });
  private CompletableFuture<?> running = CompletableFuture.completedFuture(null);
  private boolean closed;
  private volatile boolean leader;

  Leadership(
      KubernetesClient client,
      String namespace,
      String lease,
      Duration leaseDuration,
      Problems problems,
      Runnable onStart) {
    this.client = client;
    // as other controllers have it: 15 s, 10 s and 2 s
    retry = leaseDuration.multipliedBy(2).dividedBy(15);
    election =
        new LeaderElectionConfig(
            new ReportingLock(namespace, lease, problems),
            leaseDuration,
            leaseDuration.multipliedBy(2).dividedBy(3),
            retry,
            new LeaderCallbacks(
                () -> {
                  leader = true;
                  onStart.run();
                },
                () -> leader = false,
                identity -> {}),
            true,
            "certificates");
  }

  boolean isLeader() {
    return leader;
  }

  /** Tries to become the leader; whoever loses the Lease tries again. */
  synchronized void start() {
    if (closed) {
      return;
    }
    running = new LeaderElectorBuilder(client, executor).withConfig(election).build().start();
    var unused =
        running.whenComplete(
            (result, failure) -> {
              leader = false;
              startLater();
            });
  }

  private synchronized void startLater() {
    if (!closed) {
      var unused = executor.schedule(this::start, retry.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** Gives the Lease back, so that another replica takes over at once. */
  @Override
  public void close() {
    CompletableFuture<?> last;
    synchronized (this) {
      closed = true;
      last = running;
    }
    try {
      CompletableFuture.runAsync(() -> last.cancel(true), executor)
          .get(LONGEST_RELEASE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // then it runs out
    }
    executor.shutdownNow();
  }

  /** A Lease whose problems are said once, where the elector would say them at every try. */
  private static final class ReportingLock extends LeaseLock {

    private final String subject;
    private final Problems problems;

    ReportingLock(String namespace, String lease, Problems problems) {
      super(namespace, lease, holder());
      this.subject = "Lease " + namespace + "/" + lease;
      this.problems = problems;
    }

    private static String holder() {
      String host = System.getenv("HOSTNAME");
      return (host == null ? "rwop-guard" : host) + "_" + UUID.randomUUID();
    }

    @Override
    public synchronized LeaderElectionRecord get(KubernetesClient client) {
      try {
        return super.get(client);
      } catch (KubernetesClientException e) {
        problems.found(subject, e);
        throw e;
      }
    }

    @Override
    public synchronized void create(KubernetesClient client, LeaderElectionRecord content) {
      write(() -> super.create(client, content));
    }

    @Override
    public synchronized void update(KubernetesClient client, LeaderElectionRecord content) {
      write(() -> super.update(client, content));
    }

    private void write(Runnable write) {
      try {
        write.run();
        problems.solved(subject);
      } catch (KubernetesClientException e) {
        if (e.getCode() != CertificateRotation.CONFLICT) {
          problems.found(subject, e);
        }
        throw e;
      }
    }
  }
}
