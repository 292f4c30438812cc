package io.rwopguard.kube;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jboss.logging.Logger;

/**
 * Trusts the CA certificates that a file holds at the time of each handshake, so that a rotated CA
 * needs no restart. While the file cannot be used, the certificates that it last held stay trusted:
 * a file may be replaced in two steps, or be half written.
 */
public final class ReloadingTrustManager extends X509ExtendedTrustManager {

  private static final Logger LOG = Logger.getLogger(ReloadingTrustManager.class);

  /** Creates a trust manager from CA certificates in PEM form. */
  public interface Loader {

    /**
     * Returns trust managers, one of which is for X.509.
     *
     * @throws GeneralSecurityException if the certificates cannot be used
     */
    TrustManager[] load(String pem) throws IOException, GeneralSecurityException;
  }

  /** The contents of the file, and the trust manager for them. */
  private record Trusted(String pem, X509ExtendedTrustManager manager) {}

  private final Path file;
  private final String connections;
  private final Loader loader;

  /** The last contents that could be used; empty until there are some. */
  private volatile Optional<Trusted> last;

  /**
   * The last reason why the file could not be used, so that it is logged once; empty if there is
   * none.
   */
  private volatile String problem = "";

  private ReloadingTrustManager(
      Path file, String connections, Loader loader, Optional<Trusted> last) {
    this.file = file;
    this.connections = connections;
    this.loader = loader;
    this.last = last;
  }

  /**
   * Creates a trust manager for the certificates of a file and no others. The file is read at the
   * first handshake.
   *
   * @param connections the connections whose certificates they sign, for messages: {@code to a
   *     server}, or {@code from a client}
   */
  public static ReloadingTrustManager of(Path file, String connections) {
    return new ReloadingTrustManager(
        file, connections, ReloadingTrustManager::only, Optional.empty());
  }

  /**
   * Creates a trust manager that replaces another one when the file that it was created from
   * changes.
   *
   * @param pem the contents of the file before the trust manager was created
   * @param made the trust manager
   */
  static ReloadingTrustManager replacing(
      Path file, String connections, Loader loader, String pem, X509ExtendedTrustManager made) {
    return new ReloadingTrustManager(
        file, connections, loader, Optional.of(new Trusted(pem, made)));
  }

  private static TrustManager[] only(String pem) throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    for (Certificate certificate : certificates(pem)) {
      trusted.setCertificateEntry("ca-" + trusted.size(), certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    return factory.getTrustManagers();
  }

  /** Reads all certificates in a text. A text that ends within one of them is refused. */
  private static Collection<? extends Certificate> certificates(String pem)
      throws CertificateException {
    Collection<? extends Certificate> certificates =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(
                new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)));
    if (certificates.isEmpty()) {
      throw new CertificateException("it holds no certificate in PEM form");
    }
    return certificates;
  }

  static X509ExtendedTrustManager x509(TrustManager[] managers) throws CertificateException {
    return Stream.of(managers)
        .filter(X509ExtendedTrustManager.class::isInstance)
        .map(X509ExtendedTrustManager.class::cast)
        .findFirst()
        .orElseThrow(
            () -> new CertificateException("the JDK creates no X.509 trust manager from it"));
  }

  static String contents(Path file) throws IOException {
    // comments may be in any encoding
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  /** Returns the trust manager for the present contents of the file, else the last one. */
  private X509ExtendedTrustManager current() throws CertificateException {
    Optional<Trusted> known = last;
    try {
      String pem = contents(file);
      if (known.isPresent() && known.get().pem().equals(pem)) {
        problem = "";
        return known.get().manager();
      }
      certificates(pem);
      Trusted now = new Trusted(pem, x509(loader.load(pem)));
      last = Optional.of(now);
      problem = "";
      if (known.isPresent()) {
        LOG.infof(
            "The CA certificates in %s changed. New connections %s trust the new ones.",
            file, connections);
      }
      return now.manager();
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      return keep(known, e);
    }
  }

  private X509ExtendedTrustManager keep(Optional<Trusted> known, Exception failure)
      throws CertificateException {
    if (known.isEmpty()) {
      throw new CertificateException(
          "The CA certificates in %s cannot be used: %s. Without them no connection %s is trusted. Correct the file; it is read again at the next connection."
              .formatted(file, failure, connections),
          failure);
    }
    String now = failure.toString();
    if (!now.equals(problem)) {
      problem = now;
      LOG.warnf(
          "The CA certificates in %s cannot be used: %s. New connections %s trust the previous ones, and fail if the peer uses a new CA. Correct the file; it is read again at each new connection.",
          file, now, connections);
    }
    return known.get().manager();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    current().checkServerTrusted(chain, type);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    current().checkServerTrusted(chain, type, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    current().checkServerTrusted(chain, type, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    current().checkClientTrusted(chain, type);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    current().checkClientTrusted(chain, type, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    current().checkClientTrusted(chain, type, engine);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return last.map(trusted -> trusted.manager().getAcceptedIssuers())
        .orElseGet(() -> new X509Certificate[0]);
  }
}
