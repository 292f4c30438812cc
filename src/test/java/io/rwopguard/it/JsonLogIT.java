package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Tests the log of the packaged service with the settings of the chart's {@code format: json}. */
class JsonLogIT {

  private static final String FORGED =
      """
      {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",
       "operation":"CREATE","kind":{"group":"","version":"v1","kind":"PersistentVolume"},
       "name":"forged\\n{\\"level\\":\\"ERROR\\",\\"message\\":\\"all is lost\\"}\\n",
       "object":{"spec":{"accessModes":["ReadWriteOncePod","ReadWriteOnce"],"csi":{}}}}}
      """;

  @Test
  void every_line_is_json_and_no_name_adds_one() throws Exception {
    try (ServiceProcess service =
        new ServiceProcess(
            "quarkus.log.console.filter=json",
            "quarkus.log.console.format=%s%n",
            "quarkus.log.category.\"io.quarkus\".level=DEBUG")) {
      Awaitility.await().until(() -> service.health("ready") == 200);
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(FORGED))
              .build();
      HttpClient client = HttpClient.newBuilder().sslContext(Tls.trusting(service.ca())).build();
      assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);

      List<String> lines = service.log().lines().toList();

      assertThat(lines).hasSizeGreaterThan(3);
      for (String line : lines) {
        assertThatCode(() -> new JsonMapper().readTree(line)).as(line).doesNotThrowAnyException();
        assertThat(new JsonMapper().readTree(line).path("message").isTextual()).as(line).isTrue();
      }
      assertThat(lines.stream().filter(line -> line.contains("all is lost")))
          .singleElement()
          .satisfies(line -> assertThat(line).contains("denied CREATE of PersistentVolume"));
    }
  }
}
