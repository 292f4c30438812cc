package io.rwopguard.testing.network;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Many connections of callers that are no API server. Each connects again when it is closed. They
 * talk to the loopback address only, and end when this is closed.
 */
public final class HostileCallers implements AutoCloseable {

  /** What a caller does. */
  public enum Habit {
    /** Connects, and never starts a TLS handshake. */
    NO_HANDSHAKE,
    /** Ends the handshake, and sends nothing. */
    SILENT,
    /** Sends the head of a request, a byte at a time. */
    SLOW_HEAD,
    /** Sends a body of eight megabytes, a little at a time. */
    SLOW_BODY,
    /** Sends half of a body, and leaves. */
    LEAVES,
    /** Sends bodies of eight megabytes whose tree would be as large as possible. */
    DENSE_BODIES,
    /** Sends valid reviews of one megabyte. */
    LARGE_REVIEWS,
    /** Sends small reviews that are no JSON, and waits for no answer. */
    BAD_REVIEWS,
    /** Opens a hundred streams of HTTP/2, and lets no answer through. */
    NO_WINDOW
  }

  /** Not the address of the API server, as that of another Pod would not be. */
  private static final String ADDRESS = "127.0.0.2";

  private static final int MANY = 8 << 20;
  private static final Buffer PING =
      Buffer.buffer(new byte[] {0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8});

  private final Vertx vertx = Vertx.vertx();
  private final int port;
  private final NetClient plain =
      vertx.createNetClient(new NetClientOptions().setLocalAddress(ADDRESS));
  private final NetClient tls =
      vertx.createNetClient(
          new NetClientOptions()
              .setLocalAddress(ADDRESS)
              .setSsl(true)
              .setTrustAll(true)
              .setHostnameVerificationAlgorithm(""));
  private final NetClient http2 =
      vertx.createNetClient(
          new NetClientOptions()
              .setLocalAddress(ADDRESS)
              .setSsl(true)
              .setTrustAll(true)
              .setHostnameVerificationAlgorithm("")
              .setUseAlpn(true)
              .setApplicationLayerProtocols(List.of("h2")));
  private final AtomicInteger connections = new AtomicInteger();
  private final Buffer dense =
      body(Buffer.buffer(review("[" + "[],".repeat(MANY / 3 - 100) + "1]")));
  private final Buffer large =
      body(Buffer.buffer(review("{\"spec\":{\"a\":\"" + "x".repeat(1 << 20) + "\"}}")));

  private volatile boolean ended;

  public HostileCallers(int port) {
    this.port = port;
  }

  /** The preface of RFC 9113, a window of no bytes, and a request on each of a hundred streams. */
  private static Buffer streamsWithoutWindow() {
    Buffer frames = Buffer.buffer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    // SETTINGS with INITIAL_WINDOW_SIZE (4) of 0
    frames.appendBytes(new byte[] {0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0});
    for (int stream = 1; stream < 200; stream += 2) {
      // HEADERS with END_STREAM and END_HEADERS: GET https / of the authority "h"
      frames.appendBytes(new byte[] {0, 0, 6, 1, 5, 0, 0, 0, (byte) stream});
      frames.appendBytes(new byte[] {(byte) 0x82, (byte) 0x87, (byte) 0x84, 0x41, 1, 'h'});
    }
    return frames;
  }

  private static String review(String object) {
    return """
    {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"hostile",\
    "operation":"CREATE","kind":{"group":"","version":"v1","kind":"PersistentVolume"},"object":%s}}"""
        .formatted(object);
  }

  private static Buffer head(int length) {
    return Buffer.buffer(
        "POST /validate HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
            + length
            + "\r\n\r\n");
  }

  private static Buffer body(Buffer json) {
    return head(json.length()).appendBuffer(json);
  }

  /** Starts a number of callers with a habit. */
  public HostileCallers start(Habit habit, int callers) {
    for (int i = 0; i < callers; i++) {
      connect(habit);
    }
    return this;
  }

  /** Returns the number of connections that were made. */
  public int connections() {
    return connections.get();
  }

  private void connect(Habit habit) {
    if (ended) {
      return;
    }
    NetClient client =
        switch (habit) {
          case NO_HANDSHAKE -> plain;
          case NO_WINDOW -> http2;
          default -> tls;
        };
    client
        .connect(port, "127.0.0.1")
        .onSuccess(
            socket -> {
              connections.incrementAndGet();
              socket.handler(ignored -> {});
              socket.exceptionHandler(ignored -> {});
              long timer = behave(habit, socket);
              socket.closeHandler(
                  closed -> {
                    vertx.cancelTimer(timer);
                    connectSoon(habit);
                  });
            })
        .onFailure(refused -> connectSoon(habit));
  }

  private void connectSoon(Habit habit) {
    if (!ended) {
      vertx.setTimer(100, now -> connect(habit));
    }
  }

  private long behave(Habit habit, NetSocket socket) {
    return switch (habit) {
      case NO_HANDSHAKE, SILENT -> -1;
      case SLOW_HEAD -> {
        socket.write("POST /validate HTTP/1.1\r\nHost: h\r\nX: ");
        yield every(500, socket, each -> each.write("x"));
      }
      case SLOW_BODY -> {
        socket.write(head(MANY));
        yield every(200, socket, each -> each.write(" ".repeat(4096)));
      }
      case LEAVES -> {
        socket.write(head(MANY).appendString(" ".repeat(100_000)));
        yield every(300, socket, NetSocket::close);
      }
      case DENSE_BODIES -> every(500, socket, each -> each.write(dense));
      case LARGE_REVIEWS -> every(300, socket, each -> each.write(large));
      case NO_WINDOW -> {
        socket.write(streamsWithoutWindow());
        yield every(1000, socket, each -> each.write(PING));
      }
      case BAD_REVIEWS ->
          every(
              50,
              socket,
              each -> each.write(body(Buffer.buffer("{".getBytes(StandardCharsets.UTF_8)))));
    };
  }

  /** Does something again and again, unless what was sent before has not left yet. */
  private long every(long millis, NetSocket socket, Consumer<NetSocket> action) {
    return vertx.setPeriodic(
        millis,
        now -> {
          if (!socket.writeQueueFull()) {
            action.accept(socket);
          }
        });
  }

  @Override
  public void close() {
    ended = true;
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
