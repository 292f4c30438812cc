package io.rwopguard.server.limits;

import io.rwopguard.server.limits.RefusedBodyException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Limits the bodies that are arriving, over all connections: their number, their bytes, and the
 * time that each may take. Beyond the number or the bytes, the oldest is refused. A body of an API
 * server arrives within milliseconds, so it is the youngest among those that callers keep open.
 */
public final class IncomingBodies {

  private final int most;
  private final long mostBytes;
  private final Duration timeout;

  /** All bodies, the oldest first. */
  private final Set<IncomingBody> arriving = new LinkedHashSet<>();

  private long bytes;

  /**
   * Creates the limits.
   *
   * @param most the number of bodies
   * @param mostBytes the bytes that have arrived of all of them together
   * @param timeout the time that a body may take
   */
  public IncomingBodies(int most, long mostBytes, Duration timeout) {
    this.most = most;
    this.mostBytes = mostBytes;
    this.timeout = timeout;
  }

  void add(IncomingBody body) {
    List<IncomingBody> refused;
    synchronized (this) {
      arriving.add(body);
      refused = oldestBeyondLimits();
    }
    refuse(refused);
  }

  /** Counts bytes of a body that have arrived. */
  void grew(IncomingBody body, int by) {
    List<IncomingBody> refused;
    synchronized (this) {
      if (!arriving.contains(body)) {
        return;
      }
      bytes += by;
      body.held += by;
      refused = oldestBeyondLimits();
    }
    refuse(refused);
  }

  /** Forgets a body, which has arrived or has been refused. */
  synchronized void remove(IncomingBody body) {
    if (arriving.remove(body)) {
      bytes -= body.held;
    }
  }

  private List<IncomingBody> oldestBeyondLimits() {
    List<IncomingBody> refused = new ArrayList<>();
    Iterator<IncomingBody> oldest = arriving.iterator();
    while ((arriving.size() > most || bytes > mostBytes) && oldest.hasNext()) {
      IncomingBody body = oldest.next();
      oldest.remove();
      bytes -= body.held;
      refused.add(body);
    }
    return refused;
  }

  private static void refuse(List<IncomingBody> refused) {
    refused.forEach(
        body ->
            body.refuse(
                Reason.OVERLOAD, "too many other bodies are arriving; send the request again"));
  }

  /** Refuses the bodies whose time has passed. Call this about once a second. */
  public void refuseLate() {
    long now = System.nanoTime();
    List<IncomingBody> late = new ArrayList<>();
    synchronized (this) {
      for (Iterator<IncomingBody> oldest = arriving.iterator(); oldest.hasNext(); ) {
        IncomingBody body = oldest.next();
        if (now - body.started() < timeout.toNanos()) {
          break;
        }
        oldest.remove();
        bytes -= body.held;
        late.add(body);
      }
    }
    late.forEach(
        body ->
            body.refuse(
                Reason.LATE,
                "the body did not arrive within " + timeout.toSeconds() + " s; send it faster"));
  }
}
