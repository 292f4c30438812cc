package io.rwopguard.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectorBuilder;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Whether this replica is the one that acts, by a Lease that it tries to hold for ever. */
public final class Leadership implements Election, AutoCloseable {

  /** An API server that does not answer must not hold up the end of the service. */
  private static final int LONGEST_RELEASE_SECONDS = 2;

  private final KubernetesClient client;
  private final LeaderElectionConfig election;
  private final ElectionLock lock;
  private final Terms terms;
  private final ScheduledExecutorService executor;
  private CompletableFuture<?> running = CompletableFuture.completedFuture(null);
  private boolean closed;
  private volatile boolean leader;

  /**
   * How long things take in an election.
   *
   * @param lease after which another replica takes over from one that has died
   * @param renewDeadline after which one that cannot renew gives up, shorter than the lease
   * @param retry the time between two tries
   */
  public record Terms(Duration lease, Duration renewDeadline, Duration retry) {

    /** As other controllers have it: 15 s, 10 s and 2 s, in this proportion. */
    public static Terms of(Duration lease) {
      return new Terms(
          lease, lease.multipliedBy(2).dividedBy(3), lease.multipliedBy(2).dividedBy(15));
    }
  }

  /** Hears of each time that the Lease was read or written. */
  public interface Contact {

    /** The API server answered, after this long. */
    void answered(Duration took);

    /** It did not, or refused. */
    void failed();
  }

  /**
   * Prepares to stand for election.
   *
   * @param name for threads and logs
   * @param onStart called when the Lease has been won, each time
   */
  public Leadership(
      KubernetesClient client,
      String name,
      String namespace,
      String lease,
      Terms terms,
      Problems problems,
      Contact contact,
      Runnable onStart) {
    // a try that waits longer than the deadline would be the last one
    this.client =
        client
            .newClient(
                new RequestConfigBuilder()
                    .withRequestTimeout(Math.toIntExact(terms.renewDeadline().toMillis() / 2))
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .adapt(KubernetesClient.class);
    this.terms = terms;
    this.lock = new ElectionLock(namespace, lease, problems, contact);
    this.executor =
        Executors.newScheduledThreadPool(
            2,
            work -> {
              Thread thread = new Thread(work, name + "-leader");
              thread.setDaemon(true);
              return thread;
            });
    election =
        new LeaderElectionConfig(
            lock,
            terms.lease(),
            terms.renewDeadline(),
            terms.retry(),
            new LeaderCallbacks(
                () -> {
                  leader = true;
                  onStart.run();
                },
                () -> leader = false,
                identity -> {}),
            true,
            name);
  }

  /** Whether this replica holds the Lease, as far as it knows. */
  @Override
  public boolean isLeader() {
    return leader;
  }

  /**
   * Whether nobody else can hold the Lease yet: it was renewed less than the deadline ago, which
   * leaves the rest of its duration for whatever is begun now.
   */
  @Override
  public boolean isCertain() {
    return leader && lock.sinceRenewal().compareTo(terms.renewDeadline()) < 0;
  }

  /**
   * The number of this term of leadership: the {@code leaseTransitions} of the Lease as this
   * replica last wrote it. Each change of the leader increases it. It starts at 0 again if the
   * Lease is deleted, so compare epochs only under the same {@link #electionUid}. It is -1 until
   * this replica has led; it is known whenever {@link #isCertain} is true.
   */
  @Override
  public long epoch() {
    return lock.epoch();
  }

  /**
   * The UID of the Lease that {@link #epoch} belongs to. It is empty until this replica has led; it
   * is known whenever {@link #isCertain} is true.
   */
  public String electionUid() {
    return lock.uid();
  }

  /** The annotations of the Lease, as last read. */
  @Override
  public Map<String, String> annotations() {
    return lock.annotations();
  }

  /** Who holds the Lease, as last read; empty for nobody. */
  @Override
  public String holder() {
    return lock.holder();
  }

  /** Tries to become the leader; whoever loses the Lease tries again. */
  public synchronized void start() {
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
      var unused = executor.schedule(this::start, terms.retry().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** Gives the Lease back, so that another replica takes over at once. */
  @Override
  public void close() {
    CompletableFuture<?> last;
    synchronized (this) {
      if (closed) {
        return;
      }
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
    leader = false;
    executor.shutdownNow();
  }
}
