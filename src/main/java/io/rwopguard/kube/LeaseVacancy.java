package io.rwopguard.kube;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * Evaluates when the Lease of an election is free. A replica that leads stays certain of it for
 * most of a Lease duration after its last renewal, whatever becomes visible in the Lease. So a
 * Lease is free once this replica has observed the same state of it for a whole duration: the same
 * renewal by another holder, no holder, or no Lease at all. Only this replica's own clock counts,
 * so that clocks that disagree cause no second leader.
 */
final class LeaseVacancy {

  /**
   * The longest duration that is respected. A Lease that names a longer one does not keep other
   * replicas from leading for that long.
   */
  private static final Duration LONGEST_LEASE = Duration.ofSeconds(60);

  /**
   * The duration that a holder writes when it releases the Lease, after its last write elsewhere.
   */
  static final Duration RELEASED = Duration.ofSeconds(1);

  /**
   * The age up to which a release counts as recent. A restored backup is older; a wrong clock only
   * costs the wait for a whole duration.
   */
  private static final Duration JUST_NOW = Duration.ofSeconds(30);

  private record State(String uid, String holder, ZonedDateTime renewed, int transitions) {}

  private static final State ABSENT = new State("", "", null, 0);

  private final Duration lease;
  private final LongSupplier nanos;
  private final InstantSource wall;
  private State state;
  private long since;

  /** The time at which one object replaced another, which may have been held; null if none did. */
  private Long replaced;

  /** The duration in the Lease when it last existed. */
  private Duration written = Duration.ZERO;

  private long lastNanos;
  private Instant lastWall = Instant.MIN;

  LeaseVacancy(Duration lease, LongSupplier nanos, InstantSource wall) {
    this.lease = lease;
    this.nanos = nanos;
    this.wall = wall;
  }

  /**
   * Records what was just read of the Lease. The caller has to pass every read.
   *
   * @param found the Lease, or null if there is none
   * @return whether a replica that does not hold the Lease may take or create it
   */
  boolean isFree(Lease found) {
    long now = nanos.getAsLong();
    State seen = found == null ? ABSENT : stateOf(found);
    if (state == null || !state.equals(seen) || wasAbsentUnwatched(now)) {
      if (mayBeRestored(seen, found)) {
        replaced = now;
      }
      state = seen;
      since = now;
    }
    lastNanos = now;
    lastWall = wall.instant();
    if (found != null && found.getSpec() != null) {
      int seconds = Objects.requireNonNullElse(found.getSpec().getLeaseDurationSeconds(), 0);
      Duration term = Duration.ofSeconds(Math.max(0, seconds));
      // the one that was replaced may have been held for longer
      written = settled(now) || term.compareTo(written) > 0 ? term : written;
    }
    boolean settled = settled(now);
    return (settled && isReleased(found)) || now - since >= needed().toNanos();
  }

  private boolean settled(long now) {
    return replaced == null || now - replaced >= needed().toNanos();
  }

  private static State stateOf(Lease found) {
    LeaseSpec spec = Objects.requireNonNullElseGet(found.getSpec(), LeaseSpec::new);
    return new State(
        found.getMetadata().getUid(),
        Objects.requireNonNullElse(spec.getHolderIdentity(), ""),
        spec.getRenewTime(),
        Objects.requireNonNullElse(spec.getLeaseTransitions(), 0));
  }

  /**
   * Returns whether this state may have replaced one that was held: another object, or an older
   * state of the same one. At the first read, it is no Lease, or one that was released long ago.
   */
  private boolean mayBeRestored(State seen, Lease found) {
    if (state == null) {
      return found == null
          || (isReleased(found)
              && Duration.between(seen.renewed().toInstant(), wall.instant())
                      .abs()
                      .compareTo(JUST_NOW)
                  > 0);
    }
    return !state.uid().equals(seen.uid())
        // it counts the holders, and never falls
        || seen.transitions() < state.transitions()
        || (isReleased(found)
            && state.renewed() != null
            && !seen.renewed().isAfter(state.renewed()));
  }

  /**
   * Returns whether another replica may have held the Lease and lost it between two reads that were
   * far apart.
   */
  private boolean wasAbsentUnwatched(long now) {
    if (!ABSENT.equals(state)) {
      return false;
    }
    Duration longest = lease.dividedBy(2);
    // the monotonic clock does not run while the machine is suspended
    return now - lastNanos > longest.toNanos()
        || Duration.between(lastWall, wall.instant()).compareTo(longest) > 0;
  }

  private static boolean isReleased(Lease found) {
    return found != null
        && found.getSpec() != null
        && Objects.requireNonNullElse(found.getSpec().getHolderIdentity(), "").isEmpty()
        && found.getSpec().getRenewTime() != null
        && Objects.equals(
            found.getSpec().getLeaseDurationSeconds(), Math.toIntExact(RELEASED.toSeconds()));
  }

  /**
   * Returns the duration to wait. The last holder may have been configured with a longer Lease than
   * this replica.
   */
  private Duration needed() {
    Duration other = written.compareTo(LONGEST_LEASE) > 0 ? LONGEST_LEASE : written;
    return lease.compareTo(other) > 0 ? lease : other;
  }
}
