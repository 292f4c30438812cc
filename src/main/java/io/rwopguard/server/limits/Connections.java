package io.rwopguard.server.limits;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Ends requests and connections whose peers read nothing. What Vert.x offers for that waits behind
 * the answers that the peer does not read. Each method runs on the event loop of the connection.
 */
public final class Connections {

  /** The error code CANCEL of RFC 9113. */
  private static final long CANCEL = 8;

  private Connections() {}

  /** Ends a request with all that is still to be sent for it: its stream, or its connection. */
  static void end(HttpServerRequest request) {
    ConnectionBase connection = (ConnectionBase) request.connection();
    ChannelHandlerContext context = connection.channelHandlerContext();
    if (request.version() == HttpVersion.HTTP_2
        && context.handler() instanceof Http2ConnectionHandler streams) {
      var unused =
          streams.resetStream(context, request.response().streamId(), CANCEL, context.newPromise());
      context.flush();
    } else {
      close(connection.channel());
    }
  }

  /** Closes the connection of a request, at once. */
  public static void close(HttpServerRequest request) {
    close(((ConnectionBase) request.connection()).channel());
  }

  /**
   * Closes the connection of a request of HTTP/1.1 as soon as another request arrives before its
   * answer has left. Vert.x would keep any number of them.
   */
  public static void oneRequestAtATime(HttpServerRequest request) {
    SingleRequest.ensure((ConnectionBase) request.connection());
  }

  /** Closes without the TLS handler, which would wait until the peer has read its last message. */
  static void close(Channel channel) {
    channel.unsafe().close(channel.voidPromise());
  }
}
