package io.rwopguard.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientBuilder;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;

/**
 * Creates clients that read the file of the cluster's CA certificates again when it changes. The
 * kubelet replaces {@code ca.crt} in a running Pod when the CA is rotated, and the Kubernetes
 * client reads it only once.
 */
public class ReloadingClients extends VertxHttpClientFactory {

  private static final String PEER = "to the API server";

  private final Vertx vertx;

  /** The client certificates and the trust managers of the builder that was configured last. */
  private KeyManager[] keys;

  private TrustManager[] trust;

  /** Creates clients with separate event loops. */
  public ReloadingClients() {
    this(null);
  }

  /** Creates clients on these event loops. */
  ReloadingClients(Vertx vertx) {
    super(vertx);
    this.vertx = vertx;
  }

  @Override
  public VertxHttpClientBuilder<VertxHttpClientFactory> newBuilder() {
    return new VertxHttpClientBuilder<>(this, vertx) {
      @Override
      public VertxHttpClientBuilder<VertxHttpClientFactory> sslContext(
          KeyManager[] keyManagers, TrustManager[] trustManagers) {
        keys = keyManagers;
        trust = trustManagers;
        return super.sslContext(keyManagers, trustManagers);
      }
    };
  }

  @Override
  public HttpClient.Builder newBuilder(Config config) {
    // read before the client reads it: a change in between is noticed at the first handshake
    Optional<Path> file = caFile(config);
    Optional<String> pem = file.flatMap(ReloadingClients::contents);
    HttpClient.Builder builder = super.newBuilder(config);
    return pem.isPresent() && trust != null
        ? builder.sslContext(keys, reloading(config, file.get(), pem.get()))
        : builder;
  }

  /** Returns the file that the trust is based on; empty if it is based on anything else. */
  private static Optional<Path> caFile(Config config) {
    boolean inline = config.getCaCertData() != null && !config.getCaCertData().isEmpty();
    return inline || config.isTrustCerts()
        ? Optional.empty()
        : Optional.ofNullable(config.getCaCertFile()).filter(each -> !each.isEmpty()).map(Path::of);
  }

  private static Optional<String> contents(Path file) {
    try {
      return Optional.of(ReloadingTrustManager.contents(file));
    } catch (IOException e) {
      // the client reports it
      return Optional.empty();
    }
  }

  private TrustManager[] reloading(Config config, Path file, String pem) {
    try {
      return new TrustManager[] {
        ReloadingTrustManager.replacing(
            file,
            PEER,
            // as the client creates it: with the certificates that the JDK trusts
            changed ->
                SSLUtils.trustManagers(
                    Base64.getEncoder()
                        .encodeToString(changed.getBytes(StandardCharsets.ISO_8859_1)),
                    null,
                    false,
                    config.getTrustStoreFile(),
                    config.getTrustStorePassphrase()),
            pem,
            ReloadingTrustManager.x509(trust))
      };
    } catch (CertificateException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns the client certificates of the builder that was configured last; null if there are
   * none.
   */
  final KeyManager[] keys() {
    return keys;
  }

  /**
   * Returns the trust managers of the builder that was configured last; null if it creates no TLS
   * connections.
   */
  final TrustManager[] trust() {
    return trust;
  }
}
