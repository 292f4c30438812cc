package io.rwopguard.failover.plan;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Since when each node has been silent: since its Lease was last seen to change, by the clock of
 * whoever looks. What the Lease says of the time is only compared with what it said before, so that
 * no node's clock matters. All times are of {@link System#nanoTime}.
 */
public final class Heartbeats {

  /**
   * What a Lease said last.
   *
   * @param seen when its silence began
   * @param told what the watch reported last, which may be older than what a list showed
   * @param heard when the watch last reported a change, whatever interrupted the listening since
   */
  private record Beat(String renewTime, Duration lease, long seen, String told, long heard) {}

  /**
   * How long a node has been silent.
   *
   * @param lease what its Lease is for
   * @param renewTime what its Lease said last, which tells whether it has said anything since
   */
  public record Silence(Duration duration, Duration lease, String renewTime) {}

  private final Map<String, Beat> beats = new ConcurrentHashMap<>();

  /** The watch told that the Lease of a node says this. */
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
   * A list shows what the Lease of a node says. If the watch has reported something else since the
   * list was asked for, the list may be the older of the two, and says nothing.
   *
   * @param toldBefore what the watch had told when the list was asked for
   * @return whether the watch is behind the list: the node is not silent, and whether the watch
   *     will tell of it is another question
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

  /** Returns what the watch told last of the Lease of a node; empty if it has none. */
  public Optional<String> told(String node) {
    return Optional.ofNullable(beats.get(node)).map(Beat::told);
  }

  /** The Lease of a node is gone. */
  public void gone(String node) {
    beats.remove(node);
  }

  /** Nobody could have been heard until now: every node's silence begins anew. */
  public void beginAnew(long now) {
    beats.replaceAll(
        (node, beat) -> new Beat(beat.renewTime(), beat.lease(), now, beat.told(), beat.heard()));
  }

  /** Returns whether more nodes are late with their renewal than this share of all, in percent. */
  public boolean areTooManyLate(int percent, long now) {
    int late = 0;
    for (Beat beat : beats.values()) {
      late += Suspicion.isLate(silence(beat, now)) ? 1 : 0;
    }
    return NodeLimits.tooMany(late, beats.size(), percent);
  }

  /** Returns the nodes that are late with their renewal. */
  public Map<String, Silence> late(long now) {
    return late(beat -> silence(beat, now));
  }

  /**
   * Returns the nodes of which no renewal was seen for as long, also if their silence was counted
   * from zero again meanwhile: the watch is late with them.
   */
  public Map<String, Silence> unheard(long now) {
    return late(beat -> silence(beat, beat.heard(), now));
  }

  private Map<String, Silence> late(Function<Beat, Silence> silences) {
    Map<String, Silence> late = new HashMap<>();
    beats.forEach(
        (node, beat) -> {
          Silence silence = silences.apply(beat);
          if (Suspicion.isLate(silence)) {
            late.put(node, silence);
          }
        });
    return late;
  }

  /** How long a node has been silent; empty if it has no Lease. */
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
