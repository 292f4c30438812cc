package io.rwopguard.certificates;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.bouncycastle.asn1.x509.GeneralName;

/**
 * Creates a CA and a certificate for the names of this machine if there are none. So the service
 * starts with HTTPS on a fresh machine. The CA's key is discarded: it signs this one certificate
 * and no other.
 */
final class DevelopmentCertificates {

  static final String CA = "ca.crt";
  static final String CERTIFICATE = "tls.crt";
  static final String KEY = "tls.key";

  private static final Duration VALID_FOR = Duration.ofDays(365);
  private static final Duration RENEWED_BEFORE_END = Duration.ofDays(30);

  private static final List<GeneralName> LOCAL_NAMES =
      List.of(
          new GeneralName(GeneralName.dNSName, "localhost"),
          new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
          new GeneralName(GeneralName.iPAddress, "::1"));

  private DevelopmentCertificates() {}

  /**
   * Creates certificates in this directory, unless it has some that are valid for a while yet.
   *
   * @return whether they were created now
   * @throws IOException if they cannot be read or written
   */
  static boolean ensure(Path directory, Instant now) throws IOException {
    Path certificate = directory.resolve(CERTIFICATE);
    Path key = directory.resolve(KEY);
    if (Files.exists(certificate) && Files.exists(key) && Files.exists(directory.resolve(CA))) {
      Instant end = CertificatePair.read(certificate, key).end();
      if (now.isBefore(end.minus(RENEWED_BEFORE_END))) {
        return false;
      }
    }
    CertificateAuthority ca =
        CertificateAuthority.make("rwop-guard development CA", now, VALID_FOR);
    CertificatePair pair = ca.sign(LOCAL_NAMES, now, VALID_FOR);
    Files.createDirectories(directory);
    write(directory.resolve(KEY), Pem.of(pair.key()));
    write(directory.resolve(CERTIFICATE), Pem.of(pair.chain()));
    write(directory.resolve(CA), Pem.of(List.of(ca.certificate())));
    return true;
  }

  private static void write(Path file, String text) throws IOException {
    // never readable by others, not even for a moment, and never half written
    Path draft =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            file.getFileName().toString(),
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(draft, text);
    Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
