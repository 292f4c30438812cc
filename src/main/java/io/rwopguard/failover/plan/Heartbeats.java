package io.rwopguard.failover.plan;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Measures how long each node has not renewed its Lease, by the clock of this replica. The time in
 * a Lease is only compared with its earlier value, so that no node's clock matters. All times are
 * of {@link System#nanoTime}.
 */
public final class Heartbeats {

  /**
   * The last known state of a Lease.
   *
   * @param seen the time from which its silence counts
   * @param told the value that the watch reported last, which may be older than that of a list
   * @param heard the time of the last change that the watch reported, whatever interrupted it since
   */
  private record Beat(String renewTime, Duration lease, long seen, String told, long heard) {}

  /**
   * The time for which a node has not renewed its Lease.
   *
   * @param lease the duration of the Lease
   * @param renewTime the last value of the Lease, which shows whether it was renewed since
   */
  public record Silence(Duration duration, Duration lease, String renewTime) {}

  private final Map<String, Beat> beats = new ConcurrentHashMap<>();

  /** Records what the watch reported about the Lease of a node. */
  public void seen(String node, String renewTime, Duration lease, long now) {
    beats.compute(
        node,
        (name, before) -> {
          if (before == null) {
            return new Beat(renewTime, lease, now, renewTime, now);
          }
          if (before.told().equals(renewTime)) {
            return new Beat(before.renewTime(), lease, before.seen(), renewTime, before.heard());
          }
          long seen = before.renewTime().equals(renewTime) ? before.seen() : now;
          return new Beat(renewTime, lease, seen, renewTime, now);
        });
  }

  /**
   * Records what a list shows of the Lease of a node. If the watch has reported something else
   * since the list was requested, the list may be the older of the two and is ignored.
   *
   * @param toldBefore the value that the watch had reported when the list was requested
   * @return whether the watch is behind the list: the node renews its Lease, and the watch may or
   *     may not report that later
   */
  public boolean listed(
      String node, String toldBefore, String renewTime, Duration lease, long now) {
    if (renewTime.equals(toldBefore)) {
      return false;
    }
    Beat after =
        beats.computeIfPresent(
            node,
            (name, before) ->
                !before.told().equals(toldBefore) || before.renewTime().equals(renewTime)
                    ? before
                    : new Beat(renewTime, lease, now, before.told(), before.heard()));
    return after != null && after.told().equals(toldBefore);
  }

  /**
   * Returns the last value that the watch reported for the Lease of a node; empty if it has none.
   */
  public Optional<String> told(String node) {
    return Optional.ofNullable(beats.get(node)).map(Beat::told);
  }

  /** Records that the Lease of a node is gone. */
  public void gone(String node) {
    beats.remove(node);
  }

  /** Starts every node's silence again, because no renewal could be received until now. */
  public void beginAnew(long now) {
    beats.replaceAll(
        (node, beat) -> new Beat(beat.renewTime(), beat.lease(), now, beat.told(), beat.heard()));
  }

  /** Returns whether more nodes are late with their renewal than this share of all, in percent. */
  public boolean areTooManyLate(int percent, long now) {
    int late = 0;
    for (Beat beat : beats.values()) {
      late += SuspicionThreshold.isLate(silence(beat, now)) ? 1 : 0;
    }
    return NodeLimits.tooMany(late, beats.size(), percent);
  }

  /** Returns the nodes that are late with their renewal. */
  public Map<String, Silence> late(long now) {
    return late(beat -> silence(beat, now));
  }

  /**
   * Returns the nodes whose renewals the watch has not reported for too long, even if their silence
   * was reset to zero meanwhile: the watch is late with them.
   */
  public Map<String, Silence> unheard(long now) {
    return late(beat -> silence(beat, beat.heard(), now));
  }

  private Map<String, Silence> late(Function<Beat, Silence> silences) {
    Map<String, Silence> late = new HashMap<>();
    beats.forEach(
        (node, beat) -> {
          Silence silence = silences.apply(beat);
          if (SuspicionThreshold.isLate(silence)) {
            late.put(node, silence);
          }
        });
    return late;
  }

  /** Returns how long a node has not renewed its Lease; empty if it has no Lease. */
  public Optional<Silence> of(String node, long now) {
    Beat beat = beats.get(node);
    return beat == null ? Optional.empty() : Optional.of(silence(beat, now));
  }

  private static Silence silence(Beat beat, long now) {
    return silence(beat, beat.seen(), now);
  }

  private static Silence silence(Beat beat, long since, long now) {
    return new Silence(Duration.ofNanos(Math.max(0, now - since)), beat.lease(), beat.renewTime());
  }
}
