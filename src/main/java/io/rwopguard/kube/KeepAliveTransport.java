package io.rwopguard.kube;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.net.ClientOptionsBase;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;
import org.jboss.logging.Logger;

/**
 * Lets the kernel notice within eleven seconds that the peer of an idle connection is gone. A watch
 * only reads, so it would not notice that its API server lost power; the default of the kernel is
 * two hours. This applies to clients that ask for TCP keepalive. Vert.x finds this class as a
 * service.
 *
 * <p>The kernel does not probe a connection with unacknowledged data: it retransmits for some 15
 * minutes, which only TCP_USER_TIMEOUT shortens. The JDK cannot set that, and it is not needed: a
 * watch writes nothing after its request, and each request of the service times out within 10
 * seconds, after which the client closes its connection.
 */
public class KeepAliveTransport extends JDKTransport {

  private static final Logger LOG = Logger.getLogger(KeepAliveTransport.class);

  static final int IDLE_SECONDS = 5;
  static final int INTERVAL_SECONDS = 2;
  static final int PROBES = 3;

  /**
   * The socket options; empty on a runtime without the module jdk.net, where the kernel's own times
   * apply.
   */
  private static final Map<ChannelOption<Integer>, Integer> OPTIONS = options();

  private static Map<ChannelOption<Integer>, Integer> options() {
    try {
      return Map.of(
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), IDLE_SECONDS,
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), INTERVAL_SECONDS,
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), PROBES);
    } catch (LinkageError e) {
      LOG.warn(
          "The Java runtime lacks the module jdk.net, so a watch may hang for minutes after its API server lost power. Add the module to the runtime.");
      return Map.of();
    }
  }

  @Override
  public void configure(ClientOptionsBase options, boolean domainSocket, Bootstrap bootstrap) {
    super.configure(options, domainSocket, bootstrap);
    if (!domainSocket && options.isTcpKeepAlive()) {
      OPTIONS.forEach(bootstrap::option);
    }
  }
}
