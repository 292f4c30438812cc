package io.rwopguard.server.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Metrics;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Limits the connections to a port. A connection beyond the limit is accepted, and another is
 * closed for it: one of the address that has the most connections, and of those the one of the
 * least use. A connection without an open request is of less use than one with, and one that never
 * got a review evaluated is of less use than any other; then the time of the last review decides.
 * Otherwise, a caller that only connects could keep API servers out.
 *
 * <p>A connection that sends no whole head of a request within the timeout is closed, too. The idle
 * timeout of Quarkus starts again with each byte, so a slow client would never meet it.
 */
final class ConnectionLimit extends ChannelInboundHandlerAdapter {

  private static final Object NO_ADDRESS = new Object();

  private final int most;
  private final Duration timeout;
  private final Set<Channel> open = ConcurrentHashMap.newKeySet();
  private final Counter overLimit = closed("limit");
  private final Counter silent = closed("no_request");

  ConnectionLimit(int most, Duration timeout) {
    this.most = most;
    this.timeout = timeout;
  }

  private static Counter closed(String reason) {
    return Counter.builder("rwop_guard_closed_connections")
        .description("Connections that the service closed")
        .tag("reason", reason)
        .register(Metrics.globalRegistry);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    Channel accepted = (Channel) message;
    if (open.size() >= most) {
      overLimit.increment();
      Optional<Channel> victim = leastUseful();
      if (victim.isEmpty()) {
        accepted.unsafe().closeForcibly();
        return;
      }
      open.remove(victim.get());
      close(victim.get());
    }
    open.add(accepted);
    // creates its time of opening
    ConnectionUse use = ConnectionUse.of(accepted);
    ScheduledFuture<?> check =
        context
            .executor()
            .schedule(() -> closeIfSilent(accepted, use), timeout.toNanos(), TimeUnit.NANOSECONDS);
    accepted
        .closeFuture()
        .addListener(
            ended -> {
              check.cancel(false);
              open.remove(accepted);
            });
    super.channelRead(context, message);
  }

  private void closeIfSilent(Channel channel, ConnectionUse use) {
    if (!channel.isRegistered()) {
      open.remove(channel);
      return;
    }
    // on its event loop, where the head of a request may just have arrived
    channel
        .eventLoop()
        .execute(
            () -> {
              if (!use.hasRequested() && open.remove(channel)) {
                silent.increment();
                Connections.close(channel);
              }
            });
  }

  private Optional<Channel> leastUseful() {
    Map<Object, Integer> counts = new HashMap<>();
    open.forEach(channel -> counts.merge(address(channel), 1, Integer::sum));
    int largest = counts.values().stream().max(Integer::compare).orElse(0);
    Channel least = null;
    ConnectionUse leastUse = null;
    for (Channel channel : open) {
      ConnectionUse use = ConnectionUse.of(channel);
      if (channel.isRegistered()
          && counts.getOrDefault(address(channel), 0) == largest
          && (leastUse == null || use.isLessThan(leastUse))) {
        least = channel;
        leastUse = use;
      }
    }
    return Optional.ofNullable(least);
  }

  private static Object address(Channel channel) {
    return channel.remoteAddress() instanceof InetSocketAddress remote
        ? remote.getAddress()
        : NO_ADDRESS;
  }

  private static void close(Channel channel) {
    channel.eventLoop().execute(() -> Connections.close(channel));
  }
}
