package io.rwopguard.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KeepAliveTransportTest {

  /** Vert.x with the native transport, as application.properties has it. */
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  /** Open as long as the test: one that is closed resets the connection. */
  private final ServerSocket server;

  KeepAliveTransportTest() throws IOException {
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private ChannelConfig connected(boolean keepAlive) throws Exception {
    var socket =
        vertx
            .createNetClient(new NetClientOptions().setTcpKeepAlive(keepAlive))
            .connect(server.getLocalPort(), "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    return ((ConnectionBase) socket).channel().config();
  }

  @Test
  void the_kernel_probes_an_idle_connection_after_five_seconds() throws Exception {
    ChannelConfig config = connected(true);
    assertThat(config.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
    assertThat(config.getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)))
        .isEqualTo(KeepAliveTransport.IDLE_SECONDS);
    assertThat(config.getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL)))
        .isEqualTo(KeepAliveTransport.INTERVAL_SECONDS);
    assertThat(config.getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)))
        .isEqualTo(KeepAliveTransport.PROBES);
  }

  @Test
  void a_connection_that_asks_for_no_keepalive_is_left_alone() throws Exception {
    assertThat(connected(false).getOption(ChannelOption.SO_KEEPALIVE)).isFalse();
  }
}
