package io.rwopguard.testing.network;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP proxy that knows CONNECT alone, and leads every tunnel to one address. */
public final class ConnectProxy implements AutoCloseable {

  private static final String END_OF_HEADERS = "\r\n\r\n";

  private final ServerSocket server;
  private final URI target;
  private final List<String> asked = new CopyOnWriteArrayList<>();

  /** Leads to this address, whatever it is asked for. */
  public ConnectProxy(URI target) throws IOException {
    this.target = target;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    thread(this::accept);
  }

  /** Returns the URL by which a variable such as HTTPS_PROXY names it. */
  public String url() {
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  /** Returns the targets that the tunnels were asked for, as HOST:PORT. */
  public List<String> asked() {
    return List.copyOf(asked);
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void thread(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException closed) {
                // one of the two has ended
              }
            },
            "connect-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = server.accept();
      thread(() -> tunnel(client));
    }
  }

  private void tunnel(Socket client) throws IOException {
    try (client;
        Socket to = new Socket(target.getHost(), target.getPort())) {
      InputStream in = new BufferedInputStream(client.getInputStream());
      String[] request = headers(in).split(" ", 3);
      if (!request[0].equals("CONNECT")) {
        return;
      }
      asked.add(request[1]);
      client
          .getOutputStream()
          .write(("HTTP/1.1 200 Connected" + END_OF_HEADERS).getBytes(StandardCharsets.US_ASCII));
      thread(() -> to.getInputStream().transferTo(client.getOutputStream()));
      in.transferTo(to.getOutputStream());
    }
  }

  private static String headers(InputStream in) throws IOException {
    StringBuilder headers = new StringBuilder();
    while (!headers.toString().endsWith(END_OF_HEADERS)) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no request");
      }
      headers.append((char) next);
    }
    return headers.toString();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
