package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.MILLISECOND;
import static io.rwopguard.simulation.VirtualTime.SECOND;

import java.util.Map;

/** The election's Lease, and each replica's part in the election. */
final class SimulatedElection {

  private static final long LEASE = 6 * SECOND;
  private static final long DEADLINE = 4 * SECOND;
  private static final long RETRY = SECOND;
  private static final long TIMEOUT = 2 * SECOND;

  /** The Lease as the API server has it. */
  String holder = "";

  long version;
  long transitions;

  /** Time when its holder sent the renewal that it shows. */
  long renewalSent;

  boolean paused;

  /**
   * Returns whether a replica holds the Lease and may start a write. It may if it sent a renewal
   * recently enough. This does not depend on the clock of a replica.
   */
  boolean isCertain(String replica, long now) {
    return holder.equals(replica) && now - renewalSent < DEADLINE;
  }

  /** Time when a request was sent, by the clock of its replica and by the time of day. */
  private record Sent(long nanos, long ofDay) {}

  /** A replica's view of the election. */
  static final class Candidate {
    private final World world;
    private final Replica replica;
    private boolean leader;
    private boolean everRenewed;
    private long renewed;

    /** Time of the renewal by the time of day, which continues while the machine is suspended. */
    private long renewedOfDay;

    private long seenVersion = -1;
    private long seenAt;
    private String holder = "";
    private Map<String, String> annotations = Map.of();
    long epoch;

    Candidate(World world, Replica replica) {
      this.world = world;
      this.replica = replica;
    }

    boolean isLeader() {
      return leader && sinceRenewal() < LEASE;
    }

    boolean isCertain() {
      return leader && everRenewed && sinceRenewal() < DEADLINE;
    }

    /** The longer time of both clocks, as {@code ElectionLock} has it. */
    private long sinceRenewal() {
      return Math.max(replica.nanos() - renewed, world.time.now() - renewedOfDay);
    }

    Map<String, String> annotations() {
      return annotations;
    }

    String holder() {
      return holder;
    }

    void start() {
      world.time.after(world.time.between(0, RETRY), this::attempt);
    }

    private void again(long nanos) {
      world.time.after(nanos, this::attempt);
    }

    private void attempt() {
      if (replica.dead) {
        return;
      }
      if (replica.isSuspended()) {
        world.time.at(replica.suspendedUntil, this::attempt);
        return;
      }
      if (leader && sinceRenewal() >= DEADLINE) {
        leader = false;
        world.trace("%s gives up leading", replica.name);
      }
      long start = replica.nanos();
      if (replica.apiCuts > 0) {
        world.time.after(TIMEOUT, this::failed);
        return;
      }
      long latency = latency();
      if (latency == 0) {
        read(start, 0);
      } else {
        world.time.after(latency, () -> read(start, latency));
      }
    }

    /** Most requests are let pass at once, since their milliseconds change nothing. */
    private long latency() {
      return world.slowness > 0 || world.time.chance(0.1) ? world.latency() / 2 : 0;
    }

    private void failed() {
      if (!replica.dead) {
        replica.contactFailed();
        again(RETRY);
      }
    }

    private void read(long start, long latency) {
      SimulatedElection lease = world.election;
      long version = lease.version;
      String read = lease.holder;
      boolean paused = lease.paused;
      if (latency == 0) {
        wasRead(start, version, read, paused);
      } else {
        world.time.after(latency, () -> wasRead(start, version, read, paused));
      }
    }

    private void wasRead(long start, long version, String read, boolean paused) {
      if (replica.dead) {
        return;
      }
      if (replica.isSuspended()) {
        world.time.at(replica.suspendedUntil, () -> wasRead(start, version, read, paused));
        return;
      }
      replica.contactAnswered(replica.nanos() - start);
      holder = read;
      annotations = paused ? Map.of("rwop-guard.io/paused", "true") : Map.of();
      if (version != seenVersion) {
        seenVersion = version;
        seenAt = replica.nanos();
      }
      boolean mine = read.equals(replica.name);
      boolean expired = read.isEmpty() || replica.nanos() - seenAt >= LEASE;
      if (!mine && !expired) {
        leader = false;
        again(RETRY + world.time.between(0, RETRY * 6 / 5));
        return;
      }
      Sent started = new Sent(replica.nanos(), world.time.now());
      long latency = latency();
      if (replica.apiCuts > 0) {
        world.time.after(TIMEOUT, this::failed);
      } else if (latency == 0) {
        write(started, version, 0);
      } else {
        world.time.after(latency, () -> write(started, version, latency));
      }
    }

    private void write(Sent started, long version, long latency) {
      SimulatedElection lease = world.election;
      boolean won = lease.version == version;
      if (won) {
        lease.version++;
        if (!lease.holder.equals(replica.name)) {
          lease.transitions++;
          world.trace("%s is elected", replica.name);
        }
        lease.holder = replica.name;
        lease.renewalSent = started.ofDay();
      }
      long written = lease.version;
      long transitions = lease.transitions;
      if (latency == 0) {
        wasWritten(started, won, written, transitions);
      } else {
        world.time.after(latency, () -> wasWritten(started, won, written, transitions));
      }
    }

    private void wasWritten(Sent started, boolean won, long version, long transitions) {
      if (replica.dead) {
        return;
      }
      if (replica.isSuspended()) {
        world.time.at(replica.suspendedUntil, () -> wasWritten(started, won, version, transitions));
        return;
      }
      replica.contactAnswered(replica.nanos() - started.nanos());
      if (won) {
        leader = true;
        everRenewed = true;
        renewed = started.nanos();
        renewedOfDay = started.ofDay();
        epoch = transitions;
        seenVersion = version;
        seenAt = started.nanos();
        holder = replica.name;
      }
      again(RETRY + world.time.between(0, 50 * MILLISECOND));
    }
  }
}
