package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.certificates.TestCertificates;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A configured certificate that changes the way a Secret's mount does: by swapping the symbolic
 * link {@code ..data}.
 */
class CertificateReloadIT {

  @TempDir Path mount;

  @Test
  void picks_up_a_new_certificate_without_a_restart_and_the_old_one_again() throws Exception {
    Path a = Files.createDirectory(mount.resolve("..2026_a"));
    Path b = Files.createDirectory(mount.resolve("..2026_b"));
    TestCertificates.make(a);
    TestCertificates.make(b);
    SSLContext tls = Tls.trusting(a.resolve("ca.crt"), b.resolve("ca.crt"));
    swapTo(a);
    for (String file : new String[] {"tls.crt", "tls.key"}) {
      Files.createSymbolicLink(mount.resolve(file), Path.of("..data", file));
    }
    try (ServiceProcess service =
        new ServiceProcess(
            "rwop-guard.tls.certificate=" + mount.resolve("tls.crt"),
            "rwop-guard.tls.key=" + mount.resolve("tls.key"),
            "rwop-guard.tls.check-every=100ms")) {
      X509Certificate first = Tls.presented(tls, service.port());
      HttpClient open = HttpClient.newBuilder().sslContext(tls).build();
      assertThat(ask(open, service)).isEqualTo(405);

      swapTo(b);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> !Tls.presented(tls, service.port()).equals(first));
      // a connection from before goes on
      assertThat(ask(open, service)).isEqualTo(405);

      swapTo(a);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> Tls.presented(tls, service.port()).equals(first));

      assertThat(service.directory().resolve("certs")).doesNotExist();
    }
  }

  @Test
  void keeps_the_old_certificate_while_the_new_files_are_of_no_use() throws Exception {
    TestCertificates.make(mount);
    SSLContext tls = Tls.trusting(mount.resolve("ca.crt"));
    try (ServiceProcess service =
        new ServiceProcess(
            "rwop-guard.tls.certificate=" + mount.resolve("tls.crt"),
            "rwop-guard.tls.key=" + mount.resolve("tls.key"),
            "rwop-guard.tls.check-every=100ms")) {
      X509Certificate first = Tls.presented(tls, service.port());

      Files.writeString(mount.resolve("tls.key"), "half of a ke");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> service.log().contains("keeping the old one"));

      assertThat(Tls.presented(tls, service.port())).isEqualTo(first);
      assertThat(service.log().lines().filter(line -> line.contains("keeping the old one")))
          .hasSize(1);
    }
  }

  private static int ask(HttpClient client, ServiceProcess service)
      throws IOException, InterruptedException {
    URI uri = URI.create("https://localhost:" + service.port() + "/validate");
    return client
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }

  private void swapTo(Path target) throws IOException {
    Path draft = mount.resolve("..data_tmp");
    Files.createSymbolicLink(draft, target.getFileName());
    Files.move(
        draft,
        mount.resolve("..data"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
