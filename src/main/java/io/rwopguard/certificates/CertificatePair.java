package io.rwopguard.certificates;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/**
 * A certificate chain and its private key as they stand in two PEM files, known to belong together.
 *
 * @param chain the certificates in the file's order, the leaf first
 */
record CertificatePair(List<Certificate> chain, PrivateKey key) {

  CertificatePair {
    chain = List.copyOf(chain);
  }

  /**
   * Reads a pair.
   *
   * @throws IOException if a file cannot be read, holds something else, or the two do not belong
   *     together
   */
  static CertificatePair read(Path certificateFile, Path keyFile) throws IOException {
    byte[] pem = Files.readAllBytes(certificateFile);
    try {
      List<Certificate> chain =
          List.copyOf(
              CertificateFactory.getInstance("X.509")
                  .generateCertificates(new ByteArrayInputStream(pem)));
      if (chain.isEmpty()) {
        throw new IOException("no certificate in PEM form in " + certificateFile);
      }
      CertificatePair pair = new CertificatePair(chain, privateKey(keyFile));
      if (!belongTogether(pair.leaf(), pair.key())) {
        throw new IOException(
            "the key in %s does not belong to the certificate in %s"
                .formatted(keyFile, certificateFile));
      }
      return pair;
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "no usable pair in %s and %s: %s".formatted(certificateFile, keyFile, e.getMessage()), e);
    }
  }

  private static PrivateKey privateKey(Path file) throws IOException {
    String text = Files.readString(file, StandardCharsets.US_ASCII);
    try (PEMParser parser = new PEMParser(new StringReader(text))) {
      for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
        if (object instanceof PrivateKeyInfo info) {
          return new JcaPEMKeyConverter().getPrivateKey(info);
        }
        if (object instanceof PEMKeyPair pair) {
          return new JcaPEMKeyConverter().getPrivateKey(pair.getPrivateKeyInfo());
        }
      }
    }
    throw new IOException("no unencrypted private key in PEM form in " + file);
  }

  private static boolean belongTogether(X509Certificate leaf, PrivateKey key)
      throws GeneralSecurityException {
    if (!leaf.getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
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
    verifier.initVerify(leaf.getPublicKey());
    verifier.update(anything);
    return verifier.verify(signer.sign());
  }

  X509Certificate leaf() {
    return (X509Certificate) chain.get(0);
  }

  /** A key store in memory with the pair under this alias. */
  KeyStore toKeyStore(String alias, char[] password) throws GeneralSecurityException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, password);
      store.setKeyEntry(alias, key, password, chain.toArray(Certificate[]::new));
      return store;
    } catch (IOException e) {
      throw new IllegalStateException("an empty key store could not be made", e);
    }
  }
}
