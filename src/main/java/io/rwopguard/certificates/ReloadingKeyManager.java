package io.rwopguard.certificates;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Gives each new handshake the newest certificate. If the HTTP server updates its TLS options
 * instead, it drops handshakes that are in progress (observed with Vert.x 4.5.27).
 */
final class ReloadingKeyManager extends X509ExtendedKeyManager {

  private static final char[] NO_PASSWORD = new char[0];

  /** A certificate, with an alias that no other one ever had. */
  private record Generation(String alias, X509ExtendedKeyManager keys) {}

  /** The newest certificate, and the one before it for handshakes that started with it. */
  private record Generations(Generation newest, Generation before) {}

  private volatile Generations generations;
  private long number;

  /** Creates a key manager without a certificate. Until there is one, handshakes fail. */
  ReloadingKeyManager() throws GeneralSecurityException {
    Generation none = generation(CertificatePair.emptyKeyStore(NO_PASSWORD), "none");
    generations = new Generations(none, none);
  }

  /** Uses this certificate for handshakes that start from now on. */
  synchronized void use(CertificatePair pair) throws GeneralSecurityException {
    generations = new Generations(generation(pair), generations.newest());
  }

  private Generation generation(CertificatePair pair) throws GeneralSecurityException {
    String alias = "certificate-" + number++;
    return generation(pair.toKeyStore(alias, NO_PASSWORD), alias);
  }

  private static Generation generation(KeyStore store, String alias)
      throws GeneralSecurityException {
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return new Generation(alias, (X509ExtendedKeyManager) factory.getKeyManagers()[0]);
  }

  private X509ExtendedKeyManager newest() {
    return generations.newest().keys();
  }

  private X509ExtendedKeyManager of(String alias) {
    Generations now = generations;
    return now.before().alias().equals(alias) ? now.before().keys() : now.newest().keys();
  }

  @Override
  public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
    return newest().chooseEngineServerAlias(keyType, issuers, engine);
  }

  @Override
  public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
    return newest().chooseServerAlias(keyType, issuers, socket);
  }

  @Override
  public String[] getServerAliases(String keyType, Principal[] issuers) {
    return newest().getServerAliases(keyType, issuers);
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return of(alias).getCertificateChain(alias);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return of(alias).getPrivateKey(alias);
  }

  @Override
  public String[] getClientAliases(String keyType, Principal[] issuers) {
    return newest().getClientAliases(keyType, issuers);
  }

  @Override
  public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
    return newest().chooseClientAlias(keyTypes, issuers, socket);
  }
}
