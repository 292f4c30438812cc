package io.rwopguard.server.limits;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * The use of a connection, by which {@link ConnectionLimit} chooses the connections to close. It is
 * written on the connection's event loop, and read on any thread.
 */
public final class ConnectionUse {

  private static final AttributeKey<ConnectionUse> KEY =
      AttributeKey.valueOf(ConnectionUse.class, "use");

  private volatile boolean requested;
  private volatile boolean answered;
  private volatile long lastAnswer = System.nanoTime();
  private volatile int openRequests;

  private ConnectionUse() {}

  /** Returns the use of a connection. */
  public static ConnectionUse of(HttpConnection connection) {
    return of(((ConnectionBase) connection).channel());
  }

  static ConnectionUse of(Channel channel) {
    ConnectionUse known = channel.attr(KEY).get();
    if (known != null) {
      return known;
    }
    ConnectionUse first = new ConnectionUse();
    ConnectionUse other = channel.attr(KEY).setIfAbsent(first);
    return other == null ? first : other;
  }

  /** Records that the head of a request has arrived. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes it
  public void opened() {
    requested = true;
    openRequests++;
  }

  /**
   * Records that a request has ended.
   *
   * @param evaluated whether it was a review that was evaluated
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes it
  public void closed(boolean evaluated) {
    openRequests--;
    if (evaluated) {
      answered = true;
      lastAnswer = System.nanoTime();
    }
  }

  /** Records a request of the management port, which has no limits for requests. */
  public void requested() {
    requested = true;
  }

  boolean hasRequested() {
    return requested;
  }

  boolean isBusy() {
    return openRequests > 0;
  }

  /** Returns whether this connection is of less use than another. */
  boolean isLessThan(ConnectionUse other) {
    if (isBusy() != other.isBusy()) {
      return other.isBusy();
    }
    if (answered != other.answered) {
      return other.answered;
    }
    return lastAnswer - other.lastAnswer < 0;
  }
}
