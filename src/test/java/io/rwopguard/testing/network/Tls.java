package io.rwopguard.testing.network;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** The client's side of TLS, for the tests. */
public final class Tls {

  private Tls() {}

  /** A context that trusts the certificates of these PEM files and nothing else. */
  public static SSLContext trusting(Path... cas) throws IOException, GeneralSecurityException {
    StringBuilder pem = new StringBuilder();
    for (Path ca : cas) {
      pem.append(Files.readString(ca));
    }
    return trusting(pem.toString());
  }

  /** A context that trusts the certificates of this text in PEM form and nothing else. */
  public static SSLContext trusting(String pem) throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trustManagers(pem), null);
    return context;
  }

  /** A context that verifies no certificate, as the kubelet's probes do not. */
  public static SSLContext trustingAnything() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    return context;
  }

  static TrustManager[] trustManagers(String pem) throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    InputStream text = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
    for (Certificate ca : CertificateFactory.getInstance("X.509").generateCertificates(text)) {
      trusted.setCertificateEntry("ca-" + trusted.size(), ca);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    return trust.getTrustManagers();
  }

  /**
   * Returns the certificate that a server on this machine presents to a new client. A session that
   * is resumed would show the certificate of its first handshake.
   */
  public static X509Certificate presented(int port, Path... cas)
      throws IOException, GeneralSecurityException {
    try (SSLSocket socket =
        (SSLSocket) trusting(cas).getSocketFactory().createSocket("localhost", port)) {
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  /**
   * A ClientHello (RFC 4346, section 7.4.1.2) of a client that knows nothing newer than TLS 1.1.
   */
  public static byte[] clientHelloOfTls11() {
    return clientHello(2, 0xc009, 0xc013, 0x002f);
  }

  /**
   * A ClientHello (RFC 5246, section 7.4.1.2) of a client that knows nothing newer than TLS 1.2,
   * and only these cipher suites. A JDK may refuse to send one with weak suites.
   */
  public static byte[] clientHelloOfTls12(int... suites) {
    return clientHello(3, suites);
  }

  private static byte[] clientHello(int minor, int... suites) {
    int bodyLength = 2 + 32 + 1 + 2 + 2 * suites.length + 2;
    ByteBuffer hello = ByteBuffer.allocate(5 + 4 + bodyLength);
    hello.put((byte) 22).put((byte) 3).put((byte) minor).putShort((short) (4 + bodyLength));
    hello.put((byte) 1).put((byte) 0).putShort((short) bodyLength);
    hello.put((byte) 3).put((byte) minor).put(new byte[32]).put((byte) 0);
    hello.putShort((short) (2 * suites.length));
    for (int suite : suites) {
      hello.putShort((short) suite);
    }
    hello.put((byte) 1).put((byte) 0);
    return hello.array();
  }
}
