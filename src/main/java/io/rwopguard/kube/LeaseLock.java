package io.rwopguard.kube;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Reads and writes the Lease of an election. {@link LeaseVacancy} decides when a replica that does
 * not hold it may take it.
 */
final class LeaseLock {

  private static final int CONFLICT = 409;

  /** The start of the epochs: an epoch is at least the number of seconds since then. */
  private static final Instant FIRST_EPOCH = Instant.parse("2026-01-01T00:00:00Z");

  private final String namespace;
  private final String name;
  private final Map<String, String> labels;
  private final Duration lease;
  private final LeaderElection.Contact contact;
  private final LongSupplier nanos;
  private final InstantSource wall;
  private final String identity = ownIdentity();

  private final boolean createsAtOnce;
  private final LeaseVacancy vacancy;

  /** The last write that this replica attempted, even if no answer came. */
  private Attempt attempt = Attempt.NONE;

  /** True while no other holder has been observed in the Lease since this replica wrote it. */
  private boolean isOwnTerm;

  private final AtomicLong wins = new AtomicLong();

  /** The number of terms in the Lease when it last existed. */
  private int lastTransitions = -1;

  private volatile Map<String, String> annotations = Map.of();
  private volatile String holder = "";
  private volatile String uid = "";
  private volatile long epoch = -1;

  /**
   * The time at which this replica last wrote the Lease, by both clocks; null if it does not hold
   * it.
   */
  private volatile Renewal renewal;

  private record Renewal(long nanos, Instant wall) {}

  /**
   * An attempt to write this renewal to the Lease with this UID, which is empty if the Lease is
   * created.
   */
  private record Attempt(String uid, ZonedDateTime renewed, Renewal start) {

    static final Attempt NONE = new Attempt("", null, null);
  }

  LeaseLock(
      String namespace,
      String name,
      Map<String, String> labels,
      LeaderElection.Terms terms,
      LeaderElection.Contact contact,
      LongSupplier nanos,
      InstantSource wall) {
    this.namespace = namespace;
    this.name = name;
    this.labels = labels;
    this.lease = terms.lease();
    this.createsAtOnce = terms.createsAtOnce();
    this.contact = contact;
    this.nanos = nanos;
    this.wall = wall;
    this.vacancy = new LeaseVacancy(terms.lease(), nanos, wall);
  }

  private static String ownIdentity() {
    String host = System.getenv("HOSTNAME");
    return (host == null ? "rwop-guard" : host) + "_" + UUID.randomUUID();
  }

  String identity() {
    return identity;
  }

  /**
   * Returns the time since this replica last wrote the Lease, counted from before the write. The
   * longer time of both clocks counts: the monotonic clock does not run while the machine is
   * suspended.
   */
  Duration sinceRenewal() {
    return since(renewal);
  }

  private Duration since(Renewal last) {
    if (last == null) {
      return Duration.ofSeconds(Long.MAX_VALUE);
    }
    Duration monotonic = Duration.ofNanos(nanos.getAsLong() - last.nanos());
    Duration ofDay = Duration.between(last.wall(), wall.instant());
    return monotonic.compareTo(ofDay) > 0 ? monotonic : ofDay;
  }

  Map<String, String> annotations() {
    return annotations;
  }

  String holder() {
    return holder;
  }

  /**
   * Returns the {@code leaseTransitions} that this replica last wrote; -1 before its first write.
   */
  long epoch() {
    return epoch;
  }

  /** Returns the number of times that this replica has taken or created the Lease, or tried to. */
  long wins() {
    return wins.get();
  }

  /** Returns the UID of the Lease that this replica last wrote; empty before its first write. */
  String uid() {
    return uid;
  }

  /**
   * Takes the Lease if it is free, or renews it.
   *
   * @return whether this replica holds it now
   */
  synchronized boolean tryToHold(KubernetesClient client) {
    Lease found = read(client);
    boolean free = vacancy.isFree(found);
    ZonedDateTime now = now();
    if (found == null) {
      // no other replica can be certain that it leads so soon after this one was
      boolean held = sinceRenewal().compareTo(lease) < 0;
      if (!free && !held && !createsAtOnce) {
        return false;
      }
      int epochs = nextEpoch();
      wins.incrementAndGet();
      Lease created = lease(null, identity, lease, now, now, epochs);
      write(
          "",
          () -> client.resource(created).create().getMetadata().getUid(),
          identity,
          now,
          epochs);
      return true;
    }
    LeaseSpec spec = Objects.requireNonNullElseGet(found.getSpec(), LeaseSpec::new);
    boolean own = isOwn(found);
    if (!own) {
      forgetTerm();
      if (!free) {
        return false;
      }
      wins.incrementAndGet();
    }
    int transitions = own ? lastTransitions : nextEpoch();
    ZonedDateTime acquired = own && spec.getAcquireTime() != null ? spec.getAcquireTime() : now;
    patch(client, found, identity, lease, acquired, now, transitions);
    return true;
  }

  /**
   * Reads the Lease and writes nothing.
   *
   * @return whether this replica still holds it
   */
  synchronized boolean observe(KubernetesClient client) {
    Lease found = read(client);
    var unused = vacancy.isFree(found);
    if (found == null) {
      renewal = null;
    } else if (!isOwn(found)) {
      forgetTerm();
    }
    return renewal != null;
  }

  /**
   * Ends this replica's term. A Lease that shows an earlier write of this replica again was
   * restored by a person, and is not its own.
   */
  private void forgetTerm() {
    renewal = null;
    isOwnTerm = false;
    attempt = Attempt.NONE;
  }

  /**
   * Returns whether this replica wrote the Lease last. A Lease that a person restored may name this
   * replica although another one leads. This replica may have observed that other leader. Or the
   * other one took the Lease while this replica did not read it, which needs a whole duration after
   * the last renewal.
   */
  private boolean isOwn(Lease found) {
    if (!identity.equals(holder)) {
      return false;
    }
    LeaseSpec spec = found.getSpec();
    String foundUid = found.getMetadata().getUid();
    boolean sameTerm =
        isOwnTerm
            && sinceRenewal().compareTo(lease) < 0
            && uid.equals(foundUid)
            && Objects.equals(spec.getLeaseTransitions(), (int) epoch);
    boolean sameWrite =
        (attempt.uid().isEmpty() || attempt.uid().equals(foundUid))
            && since(attempt.start()).compareTo(lease) < 0
            && spec.getRenewTime() != null
            && attempt.renewed().isEqual(spec.getRenewTime());
    return sameTerm || sameWrite;
  }

  /**
   * Returns the epoch of a new term. Records hold epochs of Leases that were deleted since, so a
   * count that starts again must not be lower. A term takes more than a second, so that the time of
   * day is ahead of every count of terms.
   */
  private int nextEpoch() {
    long seconds = Duration.between(FIRST_EPOCH, wall.instant()).toSeconds();
    long next = Math.max(lastTransitions + 1L, Math.min(seconds, Integer.MAX_VALUE / 2));
    // a person may have written the greatest number, and the API server accepts none beyond it
    return (int) Math.min(next, Integer.MAX_VALUE);
  }

  /** Releases the Lease if this replica holds it. */
  synchronized void release(KubernetesClient client) {
    Lease found = read(client);
    boolean own = found != null && isOwn(found);
    renewal = null;
    if (!own) {
      return;
    }
    int transitions = Objects.requireNonNullElse(found.getSpec().getLeaseTransitions(), 0);
    patch(client, found, null, LeaseVacancy.RELEASED, now(), now(), transitions);
  }

  private Lease read(KubernetesClient client) {
    long start = nanos.getAsLong();
    Lease found;
    try {
      found = client.leases().inNamespace(namespace).withName(name).get();
    } catch (KubernetesClientException e) {
      contact.failed();
      throw e;
    }
    contact.answered(Duration.ofNanos(nanos.getAsLong() - start));
    Map<String, String> written = found == null ? null : found.getMetadata().getAnnotations();
    annotations = written == null ? Map.of() : Map.copyOf(written);
    holder =
        found == null || found.getSpec() == null
            ? ""
            : Objects.requireNonNullElse(found.getSpec().getHolderIdentity(), "");
    if (found != null && found.getSpec() != null) {
      lastTransitions = Objects.requireNonNullElse(found.getSpec().getLeaseTransitions(), 0);
    }
    return found;
  }

  private void patch(
      KubernetesClient client,
      Lease found,
      String newHolder,
      Duration duration,
      ZonedDateTime acquired,
      ZonedDateTime renewed,
      int transitions) {
    Lease changed =
        lease(
            found.getMetadata().getResourceVersion(),
            newHolder,
            duration,
            acquired,
            renewed,
            transitions);
    // the patch names the version that was read, so it changes the object with that UID
    String foundUid = found.getMetadata().getUid();
    write(
        foundUid,
        () -> {
          client.resource(changed).patch(PatchContext.of(PatchType.JSON_MERGE));
          return foundUid;
        },
        newHolder,
        renewed,
        transitions);
  }

  private Lease lease(
      String version,
      String newHolder,
      Duration duration,
      ZonedDateTime acquired,
      ZonedDateTime renewed,
      int transitions) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .withLabels(labels)
        .withResourceVersion(version)
        .endMetadata()
        .withNewSpec()
        // the client leaves null out of a merge patch, and the holder would stay
        .withHolderIdentity(newHolder == null ? "" : newHolder)
        .withLeaseDurationSeconds(Math.toIntExact(duration.toSeconds()))
        .withAcquireTime(acquired)
        .withRenewTime(renewed)
        .withLeaseTransitions(transitions)
        .endSpec()
        .build();
  }

  private ZonedDateTime now() {
    // with the precision of the API server
    return wall.instant().truncatedTo(ChronoUnit.MICROS).atZone(ZoneOffset.UTC);
  }

  private interface Write {
    /** Writes the Lease and returns its UID. */
    String run();
  }

  private void write(
      String target, Write write, String newHolder, ZonedDateTime renewed, int transitions) {
    Renewal start = new Renewal(nanos.getAsLong(), wall.instant());
    attempt = new Attempt(target, renewed, start);
    try {
      uid = write.run();
    } catch (KubernetesClientException e) {
      if (e.getCode() == CONFLICT) {
        contact.answered(Duration.ofNanos(nanos.getAsLong() - start.nanos()));
      } else {
        contact.failed();
      }
      throw e;
    }
    contact.answered(Duration.ofNanos(nanos.getAsLong() - start.nanos()));
    epoch = transitions;
    holder = newHolder == null ? "" : newHolder;
    attempt = new Attempt(uid, renewed, start);
    isOwnTerm = newHolder != null;
    lastTransitions = transitions;
    renewal = newHolder == null ? null : start;
  }

  /** Returns whether a write failed because another replica wrote first. */
  static boolean isConflict(Throwable failure) {
    return failure instanceof KubernetesClientException e && e.getCode() == CONFLICT;
  }
}
