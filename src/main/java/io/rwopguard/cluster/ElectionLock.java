package io.rwopguard.cluster;

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
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * The Lease of an election. A renewal by another replica counts from when it was first seen, so
 * that clocks that disagree make no second leader. A Lease with missing fields is taken over.
 */
final class ElectionLock {

  private static final int CONFLICT = 409;

  /** A Lease that names a longer duration does not keep the others from leading for so long. */
  private static final Duration LONGEST_LEASE = Duration.ofSeconds(60);

  private final String namespace;
  private final String name;
  private final Map<String, String> labels;
  private final Duration lease;
  private final Leadership.Contact contact;
  private final LongSupplier nanos;
  private final InstantSource wall;
  private final String identity = ownIdentity();

  /** The other holder's last renewal, and when it was first seen. */
  private ZonedDateTime lastRenewal;

  private long lastRenewalSeen;

  /** The holder when the Lease was last there. */
  private String lastHolder = "";

  /** Whether the Lease is gone, and since when this replica has seen that. */
  private boolean missing;

  private long missingSince;

  private volatile Map<String, String> annotations = Map.of();
  private volatile String holder = "";
  private volatile String uid = "";
  private volatile long epoch = -1;

  /** When this replica last wrote the Lease, by both clocks; null if it does not hold it. */
  private volatile Renewal renewal;

  private record Renewal(long nanos, Instant wall) {}

  ElectionLock(
      String namespace,
      String name,
      Map<String, String> labels,
      Duration lease,
      Leadership.Contact contact,
      LongSupplier nanos,
      InstantSource wall) {
    this.namespace = namespace;
    this.name = name;
    this.labels = labels;
    this.lease = lease;
    this.contact = contact;
    this.nanos = nanos;
    this.wall = wall;
  }

  private static String ownIdentity() {
    String host = System.getenv("HOSTNAME");
    return (host == null ? "rwop-guard" : host) + "_" + UUID.randomUUID();
  }

  String identity() {
    return identity;
  }

  /**
   * The time since this replica last wrote the Lease, counted from before it did. The longer time
   * of both clocks counts: the monotonic clock does not run while the machine is suspended.
   */
  Duration sinceRenewal() {
    Renewal last = renewal;
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

  /** The {@code leaseTransitions} that this replica last wrote; -1 before its first write. */
  long epoch() {
    return epoch;
  }

  /** The UID of the Lease that this replica last wrote; empty before its first write. */
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
    ZonedDateTime now = now();
    if (found == null) {
      if (mayStillBeHeld()) {
        return false;
      }
      write(
          () ->
              client
                  .resource(lease(null, identity, lease, now, now, 0))
                  .create()
                  .getMetadata()
                  .getUid(),
          identity,
          0);
      return true;
    }
    missing = false;
    LeaseSpec spec = Objects.requireNonNullElseGet(found.getSpec(), LeaseSpec::new);
    boolean own = identity.equals(holder);
    if (!own && !isFree(spec)) {
      renewal = null;
      return false;
    }
    int transitions = Objects.requireNonNullElse(spec.getLeaseTransitions(), 0) + (own ? 0 : 1);
    ZonedDateTime acquired = own && spec.getAcquireTime() != null ? spec.getAcquireTime() : now;
    patch(client, found, identity, lease, acquired, now, transitions);
    return true;
  }

  /**
   * Whether the holder of a Lease that was deleted may not know of it yet: it stays certain until
   * its own next try.
   */
  private boolean mayStillBeHeld() {
    if (lastHolder.isEmpty() || identity.equals(lastHolder)) {
      return false;
    }
    if (!missing) {
      missing = true;
      missingSince = nanos.getAsLong();
    }
    return nanos.getAsLong() - missingSince < lease.toNanos();
  }

  /** Gives the Lease back if this replica holds it. */
  synchronized void release(KubernetesClient client) {
    renewal = null;
    Lease found = read(client);
    if (found == null || !identity.equals(holder)) {
      return;
    }
    int transitions = Objects.requireNonNullElse(found.getSpec().getLeaseTransitions(), 0);
    patch(client, found, null, Duration.ofSeconds(1), now(), now(), transitions);
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
    if (found != null) {
      lastHolder = holder;
    }
    return found;
  }

  private boolean isFree(LeaseSpec spec) {
    if (holder.isEmpty() || spec.getRenewTime() == null) {
      return true;
    }
    long now = nanos.getAsLong();
    if (!spec.getRenewTime().equals(lastRenewal)) {
      lastRenewal = spec.getRenewTime();
      lastRenewalSeen = now;
    }
    // the holder may have been configured with a longer Lease than this replica
    int seconds = Objects.requireNonNullElse(spec.getLeaseDurationSeconds(), 0);
    Duration longer =
        Duration.ofSeconds(
            Math.max(lease.toSeconds(), Math.min(seconds, LONGEST_LEASE.toSeconds())));
    return now - lastRenewalSeen >= longer.toNanos();
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
    // the version that was read is named, so this changes the object with that UID
    write(
        () -> {
          client.resource(changed).patch(PatchContext.of(PatchType.JSON_MERGE));
          return found.getMetadata().getUid();
        },
        newHolder,
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
        // a merge patch that says null would be left out, and the holder would stay
        .withHolderIdentity(newHolder == null ? "" : newHolder)
        .withLeaseDurationSeconds(Math.toIntExact(duration.toSeconds()))
        .withAcquireTime(acquired)
        .withRenewTime(renewed)
        .withLeaseTransitions(transitions)
        .endSpec()
        .build();
  }

  private ZonedDateTime now() {
    return wall.instant().atZone(ZoneOffset.UTC);
  }

  private interface Write {
    /** Writes the Lease and returns its UID. */
    String run();
  }

  private void write(Write write, String newHolder, int transitions) {
    Renewal start = new Renewal(nanos.getAsLong(), wall.instant());
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
    lastHolder = holder;
    renewal = newHolder == null ? null : start;
  }

  /** Whether a write failed because another replica wrote first. */
  static boolean isConflict(Throwable failure) {
    return failure instanceof KubernetesClientException e && e.getCode() == CONFLICT;
  }
}
