package io.rwopguard.cluster;

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
 * Elects one replica by a Lease. Each try ends with the next one scheduled, whatever it throws, and
 * a try that hangs is replaced by a new one on another thread.
 */
public final class Leadership implements Election, AutoCloseable {

  /** An API server that does not answer must not hold up the end of the service. */
  private static final int LONGEST_RELEASE_SECONDS = 2;

  /** Replicas that do not lead wait up to this much longer, so that they do not try all at once. */
  private static final double JITTER = 1.2;

  private final KubernetesClient client;
  private final String name;
  private final String subject;
  private final ElectionLock lock;
  private final Terms terms;
  private final Problems problems;
  private final Standing standing;
  private final Runnable onStart;
  private final LongSupplier nanos;
  private ScheduledExecutorService tries;
  private ScheduledExecutorService watchdog;
  private boolean closed;

  /** The number of the thread that tries; the result of an earlier one that hung is ignored. */
  private volatile int generation;

  private volatile boolean leader;
  private volatile boolean failed;
  private volatile long lastTry;
  private volatile long lastContact;

  /**
   * How long things take in an election.
   *
   * @param lease after which another replica takes over from one that has died
   * @param renewDeadline after which one that cannot renew gives up, shorter than the lease
   * @param retry the time between two tries
   * @param createsAtOnce whether a Lease that is not there is created without waiting for one that
   *     may have been deleted while its holder was certain: for a first installation, and only
   *     where two leaders refuse each other's writes
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

    /** As other controllers have it: 15 s, 10 s and 2 s, in this proportion. */
    public static Terms of(Duration lease) {
      return new Terms(
          lease, lease.multipliedBy(2).dividedBy(3), lease.multipliedBy(2).dividedBy(15));
    }

    /** The longest time that a write may take which begins while leadership is certain. */
    public Duration margin() {
      return lease.minus(renewDeadline);
    }

    /** The longest time between two tries of a replica that does not lead. */
    Duration longestPause() {
      return Duration.ofMillis((long) (retry.toMillis() * (1 + JITTER)));
    }
  }

  /** Is notified of each time that the Lease was read or written. */
  public interface Contact {

    /** The API server answered, after this long. */
    void answered(Duration took);

    /** It did not, or refused. */
    void failed();
  }

  /** Tells whether this replica is fit to lead. It is asked before each try. */
  @FunctionalInterface
  public interface Standing {

    /**
     * Returns whether the loop of this replica makes progress. While it does not, this replica
     * neither takes the Lease nor renews it, and the election is unhealthy.
     */
    boolean makesProgress();

    /**
     * Returns why this replica could do nothing as the leader; empty if it can lead. Meanwhile it
     * reads the Lease, and neither takes nor renews it, so that another replica can lead.
     */
    default Optional<String> obstacle() {
      return Optional.empty();
    }
  }

  /** Prepares an election whose leader has no loop that could be stuck. */
  public Leadership(
      KubernetesClient client,
      String name,
      String namespace,
      String lease,
      Terms terms,
      Problems problems,
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
   * @param name for threads and logs
   * @param labels what others recognize the Lease by
   * @param onStart called when the Lease has been won, each time
   * @param standing whether this replica is fit to lead
   * @param nanos the monotonic clock
   * @param wall the clock that also runs while the machine is suspended
   */
  public Leadership(
      KubernetesClient client,
      String name,
      String namespace,
      String lease,
      Map<String, String> labels,
      Terms terms,
      Problems problems,
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
        new ElectionLock(
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

  /** Whether this replica holds the Lease, as far as it knows. */
  @Override
  public boolean isLeader() {
    return leader && lock.sinceRenewal().compareTo(terms.lease()) < 0;
  }

  /**
   * Whether no other replica can hold the Lease yet: it was renewed less than the deadline ago, by
   * the monotonic clock and by the time of day, which leaves the rest of its duration for what is
   * begun now.
   */
  @Override
  public boolean isCertain() {
    return leader && lock.sinceRenewal().compareTo(terms.renewDeadline()) < 0;
  }

  /**
   * The number of this term of leadership: the {@code leaseTransitions} of the Lease as this
   * replica last wrote it. Each change of the leader increases it, also if the Lease was deleted
   * meanwhile, as long as the clocks of the replicas are right to the length of a Lease. It is -1
   * until this replica has led; it is known whenever {@link #isCertain} is true.
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

  /**
   * The number of times that this replica took the Lease, or tried to. It changes before {@link
   * #isCertain} is true again, whatever the Lease says.
   */
  public long wins() {
    return lock.wins();
  }

  /** The name under which this replica stands for election; no other has the same. */
  public String identity() {
    return lock.identity();
  }

  /** The annotations of the Lease, as last read. */
  @Override
  public Map<String, String> annotations() {
    return lock.annotations();
  }

  /** The holder of the Lease, as last read; empty for none. */
  @Override
  public String holder() {
    return lock.holder();
  }

  /** How long things take in this election. */
  public Terms terms() {
    return terms;
  }

  /** The time since the API server last answered the election. */
  public Duration sinceLastContact() {
    return Duration.ofNanos(nanos.getAsLong() - lastContact);
  }

  /**
   * Returns whether the election works: tries end, none fails by a fault of the program, and the
   * loop of this replica makes progress. An API server that does not answer is no fault of this
   * replica.
   */
  public boolean isHealthy() {
    return !failed && nanos.getAsLong() - lastTry < stuckAfter() && standing.makesProgress();
  }

  /** A try makes two requests, each of which times out within the deadline. */
  private long stuckAfter() {
    return terms.longestPause().plus(terms.renewDeadline().multipliedBy(2)).toNanos();
  }

  /**
   * Tries to become the leader until this is closed; a replica that loses the Lease tries again.
   */
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
            "the election was stuck, and starts again. This replica does not act until it has renewed the Lease. If this recurs, check the load of the node and how fast the API server answers");
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
      if (!ElectionLock.isConflict(e)) {
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

  /** Whatever happens while a problem is told must not end the election. */
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
          "the loop of this replica has made no progress for too long, so it does not renew the Lease and another replica takes over. If it stays so, check the CPU and the memory of this Pod, and restart it");
      return;
    }
    Optional<String> obstacle = standing.obstacle();
    if (obstacle.isPresent()) {
      problems.found(subject, "this replica does not stand for election: " + obstacle.get());
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

  /** Gives the Lease back, so that another replica takes over at once. */
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
      // then it runs out
    }
    last.shutdownNow();
  }
}
