package io.rwopguard.server.limits;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Closes a connection of HTTP/1.1 on which a request arrives before the last answer has left.
 * Vert.x would keep the heads of any number of such requests. API servers use HTTP/2, and clients
 * of HTTP/1.1 wait for each answer.
 */
final class SingleRequest extends ChannelDuplexHandler {

  private static final String NAME = "rwop-guard-single-request";
  private static final int CONTINUE = 100;

  /** The one that arrived before this handler was added. */
  private int open = 1;

  private boolean closing;

  /** Adds the handler to a connection whose first request has arrived. */
  static void ensure(ConnectionBase connection) {
    ChannelPipeline pipeline = connection.channel().pipeline();
    if (pipeline.get(NAME) == null) {
      pipeline.addBefore(connection.channelHandlerContext().name(), NAME, new SingleRequest());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    if (!closing && message instanceof HttpRequest && ++open > 1) {
      closing = true;
      Connections.close(context.channel());
    }
    if (closing) {
      ReferenceCountUtil.release(message);
    } else {
      super.channelRead(context, message);
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
      throws Exception {
    boolean interim =
        message instanceof HttpResponse response && response.status().code() == CONTINUE;
    ChannelPromise written = promise;
    if (message instanceof LastHttpContent && !interim) {
      // complete when the kernel has the last byte
      written = promise.unvoid();
      written.addListener(left -> open--);
    }
    super.write(context, message, written);
  }
}
