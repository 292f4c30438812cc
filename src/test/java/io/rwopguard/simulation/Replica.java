package io.rwopguard.simulation;

import static io.rwopguard.simulation.VirtualTime.SECOND;

import io.rwopguard.failover.ControllerUnderTest;
import io.rwopguard.simulation.SimulatedElection.Candidate;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** A process of the controller: its clock, its network, and the real code in it. */
final class Replica {

  /** Ends the code of a process that has crashed. */
  static final class Crashed extends Error {
    private static final long serialVersionUID = 1;

    Crashed() {
      super("crashed", null, false, false);
    }
  }

  final String name;
  final World world;
  final String node;
  final Candidate candidate;
  final WatchFeed feed;
  final SimulatedRequests requests;
  final ControllerUnderTest controller;
  private final double rate;
  private final long offset;
  private final long started;
  private long stopped;
  boolean dead;
  int apiCuts;
  int networkCuts;
  long connectedSince;
  long suspendedUntil;
  private boolean looking;

  /** Times since when the endpoints of a node have been answering this replica, in its probes. */
  private final Map<String, Long> probed = new HashMap<>();

  Replica(World world, String name, String node, double rate) {
    this.world = world;
    this.name = name;
    this.node = node;
    this.rate = rate;
    this.started = world.time.now();
    this.connectedSince = started;
    this.offset = world.time.between(0, 1000 * SECOND);
    this.candidate = new Candidate(world, this);
    this.requests = new SimulatedRequests(world, this);
    this.controller = new ControllerUnderTest(new ReplicaPorts(this));
    this.feed = new WatchFeed(world, this);
  }

  void start() {
    candidate.start();
    new SimulatedNetwork(this).start();
    world.time.after(world.time.between(0, SECOND), this::look);
  }

  /** The time of its monotonic clock. */
  long nanos() {
    return offset + (long) ((world.time.now() - started - stopped) * rate);
  }

  boolean isSuspended() {
    return suspendedUntil > world.time.now();
  }

  /**
   * Stops the process for a while.
   *
   * @param clock whether its monotonic clock stops as well, as in a virtual machine
   */
  void suspend(long nanos, boolean clock) {
    suspendedUntil = Math.max(suspendedUntil, world.time.now() + nanos);
    if (clock) {
      stopped += nanos;
    }
  }

  void crash() {
    if (dead) {
      return;
    }
    dead = true;
    world.trace("%s crashes", name);
    world.crashed(this);
  }

  void contactAnswered(long took) {
    controller.contactAnswered(nanos(), Duration.ofNanos(took));
  }

  void contactFailed() {
    controller.contactFailed(nanos());
  }

  private void look() {
    if (dead || world.time.isOver()) {
      return;
    }
    if (isSuspended()) {
      world.time.at(suspendedUntil, this::look);
      return;
    }
    if (!looking) {
      looking = true;
      try {
        feed.deliver();
        controller.look();
      } catch (Crashed e) {
        world.trace("the code of %s has ended", name);
      } finally {
        looking = false;
      }
    }
    world.time.after(world.lookInterval(candidate.isLeader()), this::look);
  }

  /** Runs work that the controller gives to a separate thread. */
  void execute(Runnable work) {
    world.time.after(
        0,
        () -> {
          if (isSuspended()) {
            world.time.at(suspendedUntil, () -> execute(work));
          } else if (!dead) {
            try {
              work.run();
            } catch (Crashed e) {
              world.trace("the code of %s has ended", name);
            }
          }
        });
  }

  void probed(Machine machine) {
    probed.putIfAbsent(machine.name, world.time.now());
  }

  /** Returns for how long it has been probing a node. */
  long probesSince(Machine machine) {
    Long since = probed.get(machine.name);
    return since == null ? 0 : world.time.now() - since;
  }
}
