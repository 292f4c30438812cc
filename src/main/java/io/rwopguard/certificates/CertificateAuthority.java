package io.rwopguard.certificates;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A CA with the key that it signs serving certificates with. */
record CertificateAuthority(X509Certificate certificate, PrivateKey key) {

  /** The time by which certificates are backdated, for clients whose clocks are behind. */
  private static final Duration MOST_BACKDATED = Duration.ofHours(1);

  private static final SecureRandom RANDOM = new SecureRandom();

  /** Creates a CA with this name that is valid from now on. */
  static CertificateAuthority make(String name, Instant now, Duration lifetime) {
    try {
      KeyPair keys = newKeys();
      X500Name itself = new X500Name("CN=" + name);
      X509v3CertificateBuilder builder =
          builder(itself, itself, keys.getPublic(), from(now, lifetime), now.plus(lifetime))
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
              .addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return new CertificateAuthority(signed(builder, keys.getPrivate()), keys.getPrivate());
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new IllegalStateException("cannot create a CA", e);
    }
  }

  /** Issues a serving certificate for these names. It ends with the CA at the latest. */
  CertificatePair sign(List<GeneralName> names, Instant now, Duration lifetime) {
    try {
      KeyPair keys = newKeys();
      Instant end = now.plus(lifetime);
      Instant last = certificate.getNotAfter().toInstant();
      X509v3CertificateBuilder builder =
          builder(
                  X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
                  // the name of a Service may be too long here; clients read the names below
                  new X500Name("CN=rwop-guard"),
                  keys.getPublic(),
                  from(now, lifetime),
                  end.isBefore(last) ? end : last)
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
              .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
              .addExtension(
                  Extension.extendedKeyUsage,
                  false,
                  new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
              .addExtension(
                  Extension.authorityKeyIdentifier,
                  false,
                  new JcaX509ExtensionUtils()
                      .createAuthorityKeyIdentifier(certificate.getPublicKey()))
              .addExtension(
                  Extension.subjectAlternativeName,
                  false,
                  new GeneralNames(names.toArray(GeneralName[]::new)));
      return new CertificatePair(List.of(signed(builder, key)), keys.getPrivate());
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new IllegalStateException("cannot issue a certificate", e);
    }
  }

  /**
   * Returns the start of the validity. A short-lived certificate is not backdated by more than its
   * lifetime.
   */
  private static Instant from(Instant now, Duration lifetime) {
    return now.minus(lifetime.compareTo(MOST_BACKDATED) < 0 ? lifetime : MOST_BACKDATED);
  }

  private static KeyPair newKeys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, PublicKey publicKey, Instant from, Instant to)
      throws GeneralSecurityException, IOException {
    BigInteger serial = new BigInteger(127, RANDOM);
    return new JcaX509v3CertificateBuilder(
            issuer, serial, Date.from(from), Date.from(to), subject, publicKey)
        .addExtension(
            Extension.subjectKeyIdentifier,
            false,
            new JcaX509ExtensionUtils().createSubjectKeyIdentifier(publicKey));
  }

  private static X509Certificate signed(X509v3CertificateBuilder builder, PrivateKey key)
      throws OperatorCreationException, GeneralSecurityException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
  }

  /** Returns whether that CA signed this certificate. */
  static boolean isSigned(X509Certificate certificate, X509Certificate ca) {
    try {
      certificate.verify(ca.getPublicKey());
      return certificate.getIssuerX500Principal().equals(ca.getSubjectX500Principal());
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Returns a text without the key. */
  @Override
  public String toString() {
    return "CA with serial %x".formatted(certificate.getSerialNumber());
  }
}
