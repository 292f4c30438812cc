package io.rwopguard.certificates;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/**
 * A certificate chain and its private key as they stand in two PEM files, known to belong together.
 *
 * @param certificatePem the chain, leaf first
 * @param keyPem the private key, PKCS#8 whatever form the file had
 * @param leaf the first certificate of the chain
 */
record CertificatePair(String certificatePem, String keyPem, X509Certificate leaf) {

  /**
   * Reads a pair.
   *
   * @throws IOException if a file cannot be read, holds something else, or the two do not belong
   *     together
   */
  static CertificatePair read(Path certificateFile, Path keyFile) throws IOException {
    String certificatePem = Files.readString(certificateFile, StandardCharsets.US_ASCII);
    try {
      var leaf =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(certificatePem.getBytes(StandardCharsets.US_ASCII)));
      PrivateKey key = privateKey(keyFile);
      if (!belongTogether(leaf, key)) {
        throw new IOException(
            "the key in %s does not belong to the certificate in %s"
                .formatted(keyFile, certificateFile));
      }
      return new CertificatePair(certificatePem, pem(key), leaf);
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

  private static String pem(PrivateKey key) throws IOException {
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(new PemObject("PRIVATE KEY", key.getEncoded()));
    }
    return text.toString();
  }

  PemKeyCertOptions toOptions() {
    return new PemKeyCertOptions()
        .setCertValue(Buffer.buffer(certificatePem))
        .setKeyValue(Buffer.buffer(keyPem));
  }
}
