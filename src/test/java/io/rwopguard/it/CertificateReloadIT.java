package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rwopguard.certificates.TestCertificates;
import io.rwopguard.testing.apiserver.KubeletMount;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
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
    Path a = certificate("..2026_a");
    Path b = certificate("..2026_b");
    Path[] cas = {a.resolve("ca.crt"), b.resolve("ca.crt")};
    mountAt(a);
    try (ServiceProcess service =
        new ServiceProcess(
            "rwop-guard.tls.certificate=" + mount.resolve("tls.crt"),
            "rwop-guard.tls.key=" + mount.resolve("tls.key"),
            "rwop-guard.tls.reload-interval=100ms")) {
      X509Certificate first = Tls.presented(service.port(), cas);
      HttpClient open = HttpClient.newBuilder().sslContext(Tls.trusting(cas)).build();
      assertThat(ask(open, service)).isEqualTo(405);

      KubeletMount.swap(mount, b);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> !Tls.presented(service.port(), cas).equals(first));
      // a connection from before continues
      assertThat(ask(open, service)).isEqualTo(405);

      KubeletMount.swap(mount, a);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> Tls.presented(service.port(), cas).equals(first));

      assertThat(service.directory().resolve("certs")).doesNotExist();
    }
  }

  @Test
  void a_secure_management_port_has_the_same_certificate_and_speaks_http_1() throws Exception {
    Path a = certificate("..2026_a");
    Path b = certificate("..2026_b");
    Path[] cas = {a.resolve("ca.crt"), b.resolve("ca.crt")};
    Path cluster =
        Files.writeString(mount.resolve("kubeconfig"), ServiceProcess.UNREACHABLE_CLUSTER);
    try (ServiceProcess controller =
        new ServiceProcess(
            ServiceProcess.SECURE,
            "rwop-guard.run=failover",
            "rwop-guard.kubeconfig=" + cluster,
            "rwop-guard.tls.certificate=" + mount.resolve("tls.crt"),
            "rwop-guard.tls.key=" + mount.resolve("tls.key"),
            "rwop-guard.tls.reload-interval=100ms")) {
      // a controller starts without its certificate, and kubelets can probe it
      assertThat(controller.health("live")).isEqualTo(200);
      assertThat(controller.log()).contains("Cannot use the certificate, so readers of metrics");
      assertThatThrownBy(() -> Tls.presented(controller.managementPort(), cas))
          .isInstanceOf(SSLException.class);

      mountAt(a);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .ignoreExceptions()
          .until(() -> Tls.presented(controller.managementPort(), cas) != null);
      X509Certificate first = Tls.presented(controller.managementPort(), cas);
      HttpClient open = HttpClient.newBuilder().sslContext(Tls.trusting(cas)).build();
      URI live =
          URI.create("https://localhost:%d/q/health/live".formatted(controller.managementPort()));
      HttpRequest probe = HttpRequest.newBuilder(live).build();
      var answer = open.send(probe, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);

      KubeletMount.swap(mount, b);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> !Tls.presented(controller.managementPort(), cas).equals(first));
      assertThat(open.send(probe, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void refuses_no_client_while_certificates_change() throws Exception {
    Path a = certificate("..2026_a");
    Path b = certificate("..2026_b");
    mountAt(a);
    try (ServiceProcess service =
        new ServiceProcess(
            "rwop-guard.tls.certificate=" + mount.resolve("tls.crt"),
            "rwop-guard.tls.key=" + mount.resolve("tls.key"),
            "rwop-guard.tls.reload-interval=20ms")) {
      Set<BigInteger> seen = new HashSet<>();
      List<String> failures = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        if (i % 20 == 0) {
          KubeletMount.swap(mount, i % 40 == 0 ? b : a);
        }
        try {
          seen.add(
              Tls.presented(service.port(), a.resolve("ca.crt"), b.resolve("ca.crt"))
                  .getSerialNumber());
        } catch (IOException e) {
          failures.add(i + ": " + e);
        }
      }
      assertThat(failures).isEmpty();
      assertThat(seen).hasSize(2);
    }
  }

  @Test
  void keeps_the_old_certificate_while_the_new_files_are_of_no_use() throws Exception {
    TestCertificates.make(mount);
    try (ServiceProcess service =
        new ServiceProcess(
            "rwop-guard.tls.certificate=" + mount.resolve("tls.crt"),
            "rwop-guard.tls.key=" + mount.resolve("tls.key"),
            "rwop-guard.tls.reload-interval=100ms")) {
      X509Certificate first = Tls.presented(service.port(), mount.resolve("ca.crt"));

      Files.writeString(mount.resolve("tls.key"), "half of a ke");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> service.log().contains("keeping the old one"));

      assertThat(Tls.presented(service.port(), mount.resolve("ca.crt"))).isEqualTo(first);
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

  private Path certificate(String folder) throws IOException {
    Path directory = Files.createDirectory(mount.resolve(folder));
    TestCertificates.make(directory);
    return directory;
  }

  /** Lays the mount out as the kubelet does. */
  private void mountAt(Path target) throws IOException {
    KubeletMount.swap(mount, target);
    for (String file : new String[] {"tls.crt", "tls.key"}) {
      Files.createSymbolicLink(mount.resolve(file), Path.of("..data", file));
    }
  }
}
