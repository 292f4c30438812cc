package io.rwopguard.testing.network;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Forwards TCP connections, with a delay of the answers if wanted. It can stop forwarding those
 * that are open without closing them, like a server that lost power. Connections that are opened
 * later are forwarded.
 */
public final class StallingProxy implements AutoCloseable {

  private final ServerSocket server;
  private final String host;
  private final int port;
  private final Duration delay;
  private final List<Connection> connections = new CopyOnWriteArrayList<>();

  private static final class Connection {
    private final Socket client;
    private final Socket target;
    private final ScheduledExecutorService answers =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "delayed-answers");
              thread.setDaemon(true);
              return thread;
            });
    private volatile boolean stalled;

    Connection(Socket client, Socket target) {
      this.client = client;
      this.target = target;
    }
  }

  /** Forwards to this address. */
  public StallingProxy(URI target) throws IOException {
    this(target, Duration.ZERO);
  }

  /** Forwards to this address, and answers from there so much later. */
  public StallingProxy(URI target, Duration delay) throws IOException {
    this.delay = delay;
    host = target.getHost();
    port = target.getPort();
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    thread(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Forwards nothing any more on the connections that are open now, and returns their number. */
  public int stall() {
    connections.forEach(each -> each.stalled = true);
    return connections.size();
  }

  private static void thread(Runnable work) {
    Thread thread = new Thread(work, "stalling-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Connection connection = new Connection(client, new Socket(host, port));
        connections.add(connection);
        thread(() -> forward(connection, connection.client, connection.target, Duration.ZERO));
        thread(() -> forward(connection, connection.target, connection.client, delay));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void later(Connection connection, OutputStream out, byte[] part, Duration delay) {
    var unused =
        connection.answers.schedule(
            () -> {
              try {
                out.write(part);
                out.flush();
              } catch (IOException e) {
                // one side closed it
              }
            },
            delay.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void forward(Connection connection, Socket from, Socket to, Duration delayed) {
    byte[] buffer = new byte[8192];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int read = in.read(buffer);
      while (read >= 0) {
        if (!connection.stalled && delayed.isZero()) {
          out.write(buffer, 0, read);
          out.flush();
        } else if (!connection.stalled) {
          later(connection, out, Arrays.copyOf(buffer, read), delayed);
        }
        read = in.read(buffer);
      }
    } catch (IOException | RejectedExecutionException e) {
      // one side closed it
    }
    if (!connection.stalled) {
      connections.remove(connection);
      connection.answers.shutdown();
      close(connection.client);
      close(connection.target);
    }
  }

  private static void close(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // it is closed
    }
  }

  @Override
  public void close() {
    close(server);
    connections.forEach(
        each -> {
          each.answers.shutdownNow();
          close(each.client);
          close(each.target);
        });
  }
}
