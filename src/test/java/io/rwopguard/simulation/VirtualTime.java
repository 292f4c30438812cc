package io.rwopguard.simulation;

import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * Runs events in the order of their virtual time. An event may run others while it waits. So a
 * synchronous request lets the rest of the cluster continue.
 */
final class VirtualTime {

  static final long MILLISECOND = 1_000_000L;
  static final long SECOND = 1_000 * MILLISECOND;
  static final long MINUTE = 60 * SECOND;

  private record Event(long at, long order, Runnable work) implements Comparable<Event> {

    @Override
    public int compareTo(Event other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Event> events = new PriorityQueue<>(64);
  private final SplittableRandom random;
  private long now;
  private long order;
  private boolean over;

  VirtualTime(long seed) {
    random = new SplittableRandom(seed);
  }

  long now() {
    return now;
  }

  /** Returns a number of at least the first and less than the second. */
  long between(long from, long to) {
    return from >= to ? from : random.nextLong(from, to);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  void at(long time, Runnable work) {
    events.add(new Event(Math.max(time, now), order++, work));
  }

  void after(long nanos, Runnable work) {
    at(now + nanos, work);
  }

  /** Runs all events until this time, unless the schedule ends before. */
  void runUntil(long time) {
    while (!over && !events.isEmpty() && events.peek().at() <= time) {
      Event next = events.poll();
      now = Math.max(now, next.at());
      next.work().run();
    }
    if (!over) {
      now = Math.max(now, time);
    }
  }

  /** Ends the schedule. */
  void end() {
    over = true;
  }

  boolean isOver() {
    return over;
  }
}
