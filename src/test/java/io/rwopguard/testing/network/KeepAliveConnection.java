package io.rwopguard.testing.network;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** An HTTP/1.1 connection to a service, used for one request after another as API servers do. */
public final class KeepAliveConnection implements AutoCloseable {

  private static final String REVIEW =
      """
      {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",
       "operation":"CREATE","kind":{"group":"","version":"v1","kind":"PersistentVolume"},
       "object":{"spec":{"accessModes":["ReadWriteOncePod","ReadWriteOnce"],"csi":{}}}}}
      """;

  private static final String HEAD =
      """
      POST /validate HTTP/1.1
      Host: localhost
      Content-Type: application/json
      Content-Length: %d

      """
          .replace("\n", "\r\n");

  /** An answer: its status, and whether it says that the connection is closed after it. */
  public record Answer(int status, boolean closes) {}

  private final SSLSocket socket;
  private final BufferedReader input;
  private final OutputStream output;

  public KeepAliveConnection(SSLContext tls, int port) throws IOException {
    socket = (SSLSocket) tls.getSocketFactory().createSocket("localhost", port);
    socket.setSoTimeout(20_000);
    input =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    output = socket.getOutputStream();
  }

  /** The certificate that the service has presented. */
  public X509Certificate presented() throws IOException {
    return (X509Certificate) socket.getSession().getPeerCertificates()[0];
  }

  public Answer ask() throws IOException {
    begin();
    return finish();
  }

  /** Sends all of a request but the last byte. */
  public void begin() throws IOException {
    byte[] request =
        (HEAD.formatted(REVIEW.length()) + REVIEW).getBytes(StandardCharsets.ISO_8859_1);
    output.write(request, 0, request.length - 1);
    output.flush();
  }

  /** Sends the last byte, and reads the answer. */
  public Answer finish() throws IOException {
    output.write('\n');
    output.flush();
    String status = line();
    int length = 0;
    boolean closes = false;
    for (String header = line(); !header.isEmpty(); header = line()) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring("content-length:".length()).strip());
      }
      closes |= lower.matches("connection: *close");
    }
    for (int i = 0; i < length; i++) {
      if (input.read() < 0) {
        throw new EOFException("in the middle of an answer");
      }
    }
    return new Answer(Integer.parseInt(status.split(" ", 3)[1]), closes);
  }

  private String line() throws IOException {
    String line = input.readLine();
    if (line == null) {
      throw new EOFException("instead of an answer");
    }
    return line;
  }

  /** Waits until the other side closes the connection. */
  public boolean isClosedByServer() throws IOException {
    return input.read() < 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
