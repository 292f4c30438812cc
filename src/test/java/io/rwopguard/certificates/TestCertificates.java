package io.rwopguard.certificates;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/** Opens the making of certificates to tests in other packages. */
public final class TestCertificates {

  private TestCertificates() {}

  /** Makes ca.crt, tls.crt and tls.key in this directory. */
  public static void make(Path directory) throws IOException {
    DevelopmentCertificates.ensure(directory, Instant.now());
  }
}
