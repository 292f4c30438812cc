package io.rwopguard.certificates;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/**
 * A CA and a certificate for this machine's own names, made where there are none, so that the
 * service starts with HTTPS on a fresh machine. The CA's key is thrown away: it signs one
 * certificate and nothing else, ever.
 */
final class DevelopmentCertificates {

  static final String CA = "ca.crt";
  static final String CERTIFICATE = "tls.crt";
  static final String KEY = "tls.key";

  private static final Duration VALID_FOR = Duration.ofDays(365);
  private static final Duration RENEWED_BEFORE_END = Duration.ofDays(30);

  private DevelopmentCertificates() {}

  /**
   * Makes certificates in this directory, unless there are some that are good for a while yet.
   *
   * @return whether they were made now
   * @throws IOException if they cannot be written
   */
  static boolean ensure(Path directory, Instant now) throws IOException {
    Path certificate = directory.resolve(CERTIFICATE);
    Path key = directory.resolve(KEY);
    if (Files.exists(certificate) && Files.exists(key) && Files.exists(directory.resolve(CA))) {
      Instant end = CertificatePair.read(certificate, key).leaf().getNotAfter().toInstant();
      if (now.isBefore(end.minus(RENEWED_BEFORE_END))) {
        return false;
      }
    }
    try {
      make(directory, now);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("cannot make development certificates: " + e.getMessage(), e);
    }
    return true;
  }

  private static void make(Path directory, Instant now)
      throws IOException, GeneralSecurityException, OperatorCreationException {
    KeyPair caKeys = newKeys();
    X500Name caName = new X500Name("CN=rwop-guard development CA");
    X509CertificateHolder ca =
        sign(
            builder(caName, caName, caKeys, now)
                .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                .addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign)),
            caKeys);

    KeyPair keys = newKeys();
    X509CertificateHolder leaf =
        sign(
            builder(caName, new X500Name("CN=localhost"), keys, now)
                .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                .addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
                .addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(caKeys.getPublic()))
                .addExtension(Extension.subjectAlternativeName, false, localNames()),
            caKeys);

    Files.createDirectories(directory);
    write(directory.resolve(KEY), "PRIVATE KEY", keys.getPrivate().getEncoded());
    write(directory.resolve(CERTIFICATE), "CERTIFICATE", leaf.getEncoded());
    write(directory.resolve(CA), "CERTIFICATE", ca.getEncoded());
  }

  private static GeneralNames localNames() {
    return new GeneralNames(
        new GeneralName[] {
          new GeneralName(GeneralName.dNSName, "localhost"),
          new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
          new GeneralName(GeneralName.iPAddress, "::1")
        });
  }

  private static KeyPair newKeys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, KeyPair keys, Instant now)
      throws GeneralSecurityException, IOException {
    // an hour earlier, for a client whose clock is behind
    Date from = Date.from(now.minus(Duration.ofHours(1)));
    BigInteger serial = new BigInteger(127, new SecureRandom());
    return new JcaX509v3CertificateBuilder(
            issuer, serial, from, Date.from(now.plus(VALID_FOR)), subject, keys.getPublic())
        .addExtension(
            Extension.subjectKeyIdentifier,
            false,
            new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
  }

  private static X509CertificateHolder sign(X509v3CertificateBuilder builder, KeyPair signer)
      throws OperatorCreationException {
    return builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate()));
  }

  private static void write(Path file, String type, byte[] content) throws IOException {
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(new PemObject(type, content));
    }
    // never readable by others, not even for a moment, and never half written
    Path draft =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            file.getFileName().toString(),
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(draft, text.toString());
    Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
