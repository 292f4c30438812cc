package io.rwopguard.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * Elects one replica by a Lease. Each attempt ends by scheduling the next one, whatever it throws.
 * A new attempt on another thread replaces one that hangs.
 */
public final class LeaderElection implements Election, AutoCloseable {

  /**
   * The longest wait for the release of the Lease. An API server that does not answer must not
   * delay the shutdown.
   */
  private static final int LONGEST_RELEASE_SECONDS = 2;

  /**
   * The jitter of replicas that do not lead. They wait up to this much longer, so that not all of
   * them try at once.
   */
  private static final double JITTER = 1.2;

  private final KubernetesClient client;
  private final String name;
  private final String subject;
  private final LeaseLock lock;
  private final Terms terms;
  private final ConditionLog problems;
  private final Standing standing;
  private final Runnable onStart;
  private final LongSupplier nanos;
  private ScheduledExecutorService tries;
  private ScheduledExecutorService watchdog;
  private boolean closed;

  /**
   * The number of the thread that makes attempts; the result of an earlier one that hung is
   * ignored.
   */
  private volatile int generation;

  private volatile boolean leader;
  private volatile boolean failed;
  private volatile long lastTry;
  private volatile long lastContact;

  /**
   * The durations of an election.
   *
   * @param lease the time after which another replica takes over from one that has died
   * @param renewDeadline the time after which a replica that cannot renew gives up, shorter than
   *     the lease
   * @param retry the time between two attempts
   * @param createsAtOnce whether to create a Lease that does not exist without waiting for one that
   *     may have been deleted while its holder was certain: for a first installation, and only if
   *     two leaders refuse each other's writes
   */
  public record Terms(
      Duration lease, Duration renewDeadline, Duration retry, boolean createsAtOnce) {

    /** Terms of an election with one leader at any time. */
    public Terms(Duration lease, Duration renewDeadline, Duration retry) {
      this(lease, renewDeadline, retry, false);
    }

    /** The same terms, with a Lease that is created at once. */
    public Terms creatingAtOnce() {
      return new Terms(lease, renewDeadline, retry, true);
    }

    /**
     * Returns the terms of other controllers in proportion to this duration: 15 s, 10 s and 2 s.
     */
    public static Terms of(Duration lease) {
      return new Terms(
          lease, lease.multipliedBy(2).dividedBy(3), lease.multipliedBy(2).dividedBy(15));
    }

    /** Returns the longest time that a write may take if it starts while leadership is certain. */
    public Duration margin() {
      return lease.minus(renewDeadline);
    }

    /** Returns the longest time between two attempts of a replica that does not lead. */
    Duration longestPause() {
      return Duration.ofMillis((long) (retry.toMillis() * (1 + JITTER)));
    }
  }

  /** Is notified of each read and write of the Lease. */
  public interface Contact {

    /** Records that the API server answered, after this time. */
    void answered(Duration took);

    /** Records that the API server did not answer, or refused. */
    void failed();
  }

  /** Evaluates whether this replica is fit to lead, before each attempt. */
  @FunctionalInterface
  public interface Standing {

    /**
     * Returns whether the loop of this replica makes progress. If it does not, this replica neither
     * takes nor renews the Lease, and the election is unhealthy.
     */
    boolean makesProgress();

    /**
     * Returns why this replica could do nothing as the leader; empty if it can lead. Until then it
     * only reads the Lease, and neither takes nor renews it, so that another replica can lead.
     */
    default Optional<String> obstacle() {
      return Optional.empty();
    }
  }

  /** Prepares an election whose leader has no loop that could be stuck. */
  public LeaderElection(
      KubernetesClient client,
      String name,
      String namespace,
      String lease,
      Terms terms,
      ConditionLog problems,
      Contact contact,
      Runnable onStart) {
    this(
        client,
        name,
        namespace,
        lease,
        Map.of(),
        terms,
        problems,
        contact,
        onStart,
        () -> true,
        System::nanoTime,
        InstantSource.system());
  }

  /**
   * Prepares an election.
   *
   * @param name the name of threads and logs
   * @param labels the labels by which others recognize the Lease
   * @param onStart called each time that this replica has won the Lease
   * @param standing whether this replica is fit to lead
   * @param nanos the monotonic clock
   * @param wall the clock that also runs while the machine is suspended
   */
  public LeaderElection(
      KubernetesClient client,
      String name,
      String namespace,
      String lease,
      Map<String, String> labels,
      Terms terms,
      ConditionLog problems,
      Contact contact,
      Runnable onStart,
      Standing standing,
      LongSupplier nanos,
      InstantSource wall) {
    // a request that takes longer than the margin would end after another replica leads
    Duration timeout = terms.renewDeadline().dividedBy(2);
    if (timeout.compareTo(terms.margin()) > 0) {
      timeout = terms.margin();
    }
    this.client = SingleRequests.within(timeout, client);
    this.name = name;
    this.subject = "Lease " + namespace + "/" + lease;
    this.terms = terms;
    this.problems = problems;
    this.onStart = onStart;
    this.standing = standing;
    this.nanos = nanos;
    this.lock =
        new LeaseLock(
            namespace,
            lease,
            labels,
            terms,
            new Contact() {
              @Override
              public void answered(Duration took) {
                lastContact = nanos.getAsLong();
                contact.answered(took);
              }

              @Override
              public void failed() {
                contact.failed();
              }
            },
            nanos,
            wall);
    lastTry = nanos.getAsLong();
    lastContact = lastTry;
  }

  /** Returns whether this replica holds the Lease, as far as it knows. */
  @Override
  public boolean isLeader() {
    return leader && lock.sinceRenewal().compareTo(terms.lease()) < 0;
  }

  /**
   * Returns whether no other replica can hold the Lease yet. This replica renewed it less than the
   * deadline ago, by the monotonic clock and by the time of day. The rest of its duration is left
   * for what starts now.
   */
  @Override
  public boolean isCertain() {
    return leader && lock.sinceRenewal().compareTo(terms.renewDeadline()) < 0;
  }

  /**
   * Returns the number of this term of leadership: the {@code leaseTransitions} of the Lease as
   * this replica last wrote it. Each change of the leader increases it, even if the Lease was
   * deleted meanwhile. For that, the replicas' clocks have to agree within the duration of a Lease.
   * It is -1 until this replica has led; it is known whenever {@link #isCertain} is true.
   */
  @Override
  public long epoch() {
    return lock.epoch();
  }

  /**
   * Returns the UID of the Lease that {@link #epoch} belongs to. It is empty until this replica has
   * led; it is known whenever {@link #isCertain} is true.
   */
  public String electionUid() {
    return lock.uid();
  }

  /**
   * Returns the number of times that this replica took the Lease, or tried to. It changes before
   * {@link #isCertain} is true again, whatever the Lease says.
   */
  public long wins() {
    return lock.wins();
  }

  /** Returns the name of this replica in elections; no other replica has the same. */
  public String identity() {
    return lock.identity();
  }

  /** Returns the annotations of the Lease, as last read. */
  @Override
  public Map<String, String> annotations() {
    return lock.annotations();
  }

  /** Returns the holder of the Lease, as last read; empty for none. */
  @Override
  public String holder() {
    return lock.holder();
  }

  /** Returns the durations of this election. */
  public Terms terms() {
    return terms;
  }

  /** Returns the time since the API server last answered the election. */
  public Duration sinceLastContact() {
    return Duration.ofNanos(nanos.getAsLong() - lastContact);
  }

  /**
   * Returns whether the election works: attempts end, none fails by a fault of the program, and the
   * loop of this replica makes progress. An API server that does not answer is not a fault of this
   * replica.
   */
  public boolean isHealthy() {
    return !failed && nanos.getAsLong() - lastTry < stuckAfter() && standing.makesProgress();
  }

  /**
   * Returns the time after which an attempt counts as stuck. An attempt makes two requests, each of
   * which times out within the deadline.
   */
  private long stuckAfter() {
    return terms.longestPause().plus(terms.renewDeadline().multipliedBy(2)).toNanos();
  }

  /** Tries to become the leader until it is closed. A replica that loses the Lease tries again. */
  public synchronized void start() {
    if (closed || watchdog != null) {
      return;
    }
    watchdog = executor("-leader-watchdog");
    long every = terms.retry().toMillis();
    var unused = watchdog.scheduleWithFixedDelay(this::watch, every, every, TimeUnit.MILLISECONDS);
    startTrying();
  }

  private ScheduledExecutorService executor(String suffix) {
    return Executors.newSingleThreadScheduledExecutor(
        work -> {
          Thread thread = new Thread(work, name + suffix);
          thread.setDaemon(true);
          return thread;
        });
  }

  private synchronized void startTrying() {
    generation++;
    int own = generation;
    if (tries != null) {
      tries.shutdownNow();
    }
    tries = executor("-leader");
    lastTry = nanos.getAsLong();
    schedule(tries, own, 0);
  }

  private void schedule(ScheduledExecutorService on, int number, long millis) {
    var unused = on.schedule(() -> tryOnce(on, number), millis, TimeUnit.MILLISECONDS);
  }

  private void watch() {
    try {
      if (nanos.getAsLong() - lastTry >= stuckAfter()) {
        problems.found(
            subject,
            "the election was stuck and was restarted. This replica does not act until it has renewed the Lease. If this recurs, check the load of the node and the latency of the API server");
        startTrying();
      }
    } catch (Throwable e) {
      failed = true;
    }
  }

  private void tryOnce(ScheduledExecutorService on, int number) {
    try {
      holdOrNot(number);
      failed = false;
    } catch (KubernetesClientException e) {
      failed = false;
      if (!LeaseLock.isConflict(e)) {
        found(e);
      }
    } catch (Throwable e) {
      failed = true;
      found(e);
    } finally {
      if (leader && lock.sinceRenewal().compareTo(terms.renewDeadline()) >= 0) {
        leader = false;
      }
      if (number == generation) {
        lastTry = nanos.getAsLong();
      }
      scheduleNext(on, number);
    }
  }

  /** Reports a problem. A failure of the report must not end the election. */
  private void found(Throwable failure) {
    try {
      problems.found(subject, failure);
    } catch (Throwable e) {
      failed = true;
    }
  }

  private synchronized void scheduleNext(ScheduledExecutorService on, int number) {
    if (closed || number != generation) {
      return;
    }
    double factor = leader ? 1 : 1 + ThreadLocalRandom.current().nextDouble() * JITTER;
    schedule(on, number, (long) (terms.retry().toMillis() * factor));
  }

  private void holdOrNot(int number) {
    if (!standing.makesProgress()) {
      problems.found(
          subject,
          "the loop of this replica has made no progress for too long, so it does not renew the Lease, and another replica takes over. If this persists, check the CPU and memory of this Pod, and restart it");
      return;
    }
    Optional<String> obstacle = standing.obstacle();
    if (obstacle.isPresent()) {
      problems.found(subject, "this replica is not a candidate in the election: " + obstacle.get());
      boolean holds = lock.observe(client);
      if (number == generation) {
        leader = leader && holds;
      }
      return;
    }
    boolean holds = lock.tryToHold(client);
    problems.solved(subject);
    if (number != generation) {
      return;
    }
    boolean before = leader;
    leader = holds;
    if (holds && !before) {
      onStart.run();
    }
  }

  /** Releases the Lease, so that another replica takes over at once. */
  @Override
  public void close() {
    ScheduledExecutorService last;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      generation++;
      last = tries;
      if (watchdog != null) {
        watchdog.shutdownNow();
      }
    }
    boolean led = leader;
    leader = false;
    if (last == null) {
      return;
    }
    try {
      if (led) {
        last.submit(() -> lock.release(client)).get(LONGEST_RELEASE_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // the Lease expires instead
    }
    last.shutdownNow();
  }
}
