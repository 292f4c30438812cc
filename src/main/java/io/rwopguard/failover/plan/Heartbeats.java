package io.rwopguard.failover.plan;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Since when each node has been silent: since its Lease was last seen to change, by the clock of
 * whoever looks. What the Lease says of the time is only compared with what it said before, so that
 * no node's clock matters. All times are of {@link System#nanoTime}.
 */
public final class Heartbeats {

  private record Beat(String renewTime, Duration lease, long seen) {}

  /**
   * How long a node has been silent.
   *
   * @param lease what its Lease is for
   * @param renewTime what its Lease said last, which tells whether it has said anything since
   */
  public record Silence(Duration duration, Duration lease, String renewTime) {}

  private final Map<String, Beat> beats = new ConcurrentHashMap<>();

  /** The Lease of a node was seen to say this. */
  public void seen(String node, String renewTime, Duration lease, long now) {
    beats.compute(
        node,
        (name, before) ->
            before != null && before.renewTime().equals(renewTime)
                ? new Beat(renewTime, lease, before.seen())
                : new Beat(renewTime, lease, now));
  }

  /** The Lease of a node is gone. */
  public void gone(String node) {
    beats.remove(node);
  }

  /** Nobody could have been heard until now: every node's silence begins anew. */
  public void beginAnew(long now) {
    beats.replaceAll((node, beat) -> new Beat(beat.renewTime(), beat.lease(), now));
  }

  /** Returns whether more nodes are late with their renewal than this share of all, in percent. */
  public boolean areTooManyLate(int percent, long now) {
    return NodeLimits.tooMany(late(now).size(), beats.size(), percent);
  }

  /** Returns the nodes that are late with their renewal. */
  public Map<String, Silence> late(long now) {
    Map<String, Silence> late = new HashMap<>();
    beats
        .keySet()
        .forEach(
            node ->
                of(node, now)
                    .filter(Suspicion::isLate)
                    .ifPresent(silence -> late.put(node, silence)));
    return late;
  }

  /** How long a node has been silent; empty if it has no Lease. */
  public Optional<Silence> of(String node, long now) {
    return Optional.ofNullable(beats.get(node))
        .map(
            beat ->
                new Silence(
                    Duration.ofNanos(Math.max(0, now - beat.seen())),
                    beat.lease(),
                    beat.renewTime()));
  }
}
