package io.rwopguard.certificates;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A certificate chain and its private key, known to belong together.
 *
 * @param chain the certificates in the order in which they are presented, the leaf first
 */
record CertificatePair(List<X509Certificate> chain, PrivateKey key) {

  CertificatePair {
    chain = List.copyOf(chain);
  }

  /**
   * Reads a pair from two PEM files.
   *
   * @throws IOException if a file cannot be read, holds something else, or the two do not belong
   *     together
   */
  static CertificatePair read(Path certificateFile, Path keyFile) throws IOException {
    String certificates = Files.readString(certificateFile, StandardCharsets.ISO_8859_1);
    String key = Files.readString(keyFile, StandardCharsets.ISO_8859_1);
    try {
      return parse(certificates, key);
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "no usable pair in %s and %s: %s".formatted(certificateFile, keyFile, e.getMessage()), e);
    }
  }

  /**
   * Reads a pair from two PEM texts.
   *
   * @throws GeneralSecurityException if they are something else or do not belong together
   */
  static CertificatePair parse(String certificates, String key) throws GeneralSecurityException {
    CertificatePair pair = new CertificatePair(Pem.certificates(certificates), Pem.privateKey(key));
    if (!belongTogether(pair.leaf().getPublicKey(), pair.key())) {
      throw new GeneralSecurityException("the key does not belong to the certificate");
    }
    return pair;
  }

  /** Returns whether the public key verifies what the private key signs. */
  static boolean belongTogether(PublicKey publicKey, PrivateKey key)
      throws GeneralSecurityException {
    if (!publicKey.getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] anything = {1, 2, 3};
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(key);
    signer.update(anything);
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(publicKey);
    verifier.update(anything);
    return verifier.verify(signer.sign());
  }

  X509Certificate leaf() {
    return chain.get(0);
  }

  /** Returns the start of its validity. */
  Instant start() {
    return leaf().getNotBefore().toInstant();
  }

  /** Returns the end of its validity. */
  Instant end() {
    return leaf().getNotAfter().toInstant();
  }

  /** Returns a key store in memory with the pair under this alias. */
  KeyStore toKeyStore(String alias, char[] password) throws GeneralSecurityException {
    KeyStore store = emptyKeyStore(password);
    store.setKeyEntry(alias, key, password, chain.toArray(Certificate[]::new));
    return store;
  }

  static KeyStore emptyKeyStore(char[] password) throws GeneralSecurityException {
    try {
      // it is never written; PKCS12 would derive a key from the password by 10,000 rounds of
      // hashing
      KeyStore store = KeyStore.getInstance("JKS");
      store.load(null, password);
      return store;
    } catch (IOException e) {
      throw new IllegalStateException("cannot create an empty key store", e);
    }
  }

  /** Returns a text without the key. */
  @Override
  public String toString() {
    return "certificate with serial %x, valid to %s".formatted(leaf().getSerialNumber(), end());
  }
}
