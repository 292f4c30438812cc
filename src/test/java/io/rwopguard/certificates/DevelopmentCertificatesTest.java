package io.rwopguard.certificates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevelopmentCertificatesTest {

  @TempDir Path directory;

  private BigInteger serial() throws IOException {
    return CertificatePair.read(directory.resolve("tls.crt"), directory.resolve("tls.key"))
        .leaf()
        .getSerialNumber();
  }

  @Test
  void keeps_good_certificates_and_recreates_them_a_month_before_they_end() throws IOException {
    Instant now = Instant.now();
    assertThat(DevelopmentCertificates.ensure(directory, now)).isTrue();
    BigInteger first = serial();

    assertThat(DevelopmentCertificates.ensure(directory, now.plus(Duration.ofDays(300)))).isFalse();
    assertThat(serial()).isEqualTo(first);

    assertThat(DevelopmentCertificates.ensure(directory, now.plus(Duration.ofDays(340)))).isTrue();
    assertThat(serial()).isNotEqualTo(first);
  }

  @Test
  void leave_no_ca_key_behind() throws IOException {
    DevelopmentCertificates.ensure(directory, Instant.now());

    try (var files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("ca.crt", "tls.crt", "tls.key");
    }
  }

  @Test
  void rejects_a_key_of_another_certificate(@TempDir Path other) throws IOException {
    DevelopmentCertificates.ensure(directory, Instant.now());
    DevelopmentCertificates.ensure(other, Instant.now());

    assertThatThrownBy(
            () -> CertificatePair.read(directory.resolve("tls.crt"), other.resolve("tls.key")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not belong to the certificate");
  }
}
