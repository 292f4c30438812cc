package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the packaged service with good and bad settings. */
class SettingsIT {

  /** A claim that mixes access modes, which is refused by default. */
  private static final String REVIEW =
      """
      {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",
       "operation":"CREATE","kind":{"group":"","version":"v1","kind":"PersistentVolumeClaim"},
       "namespace":"%s","name":"data-0","object":{"metadata":{"name":"data-0","namespace":"%s"},
       "spec":{"accessModes":["ReadWriteOncePod","ReadWriteMany"]}}}}
      """;

  private static String answer(ServiceProcess service, String namespace) throws Exception {
    HttpClient client = HttpClient.newBuilder().sslContext(Tls.trusting(service.ca())).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + "/validate"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(REVIEW.formatted(namespace, namespace)))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  @Test
  void by_default_nothing_is_refused_in_kube_system() throws Exception {
    try (ServiceProcess service = new ServiceProcess("rwop-guard.namespace=guards")) {
      assertThat(answer(service, "shop")).contains("\"allowed\":false");
      assertThat(answer(service, "kube-system")).contains("\"allowed\":true", "\"warnings\"");
      assertThat(answer(service, "guards")).contains("\"allowed\":true", "\"warnings\"");
    }
  }

  @Test
  void rules_exemptions_and_namespaces_are_set_by_settings() throws Exception {
    try (ServiceProcess service =
        new ServiceProcess(
            "rwop-guard.warn-only-namespaces=storage,backup",
            "rwop-guard.exemptions[0].namespace=test-*",
            "rwop-guard.exemptions[0].rules=sole-access-mode,csi-only",
            "rwop-guard.exemptions[1].kind=PersistentVolumeClaim",
            "rwop-guard.exemptions[1].namespace=lab",
            "rwop-guard.exemptions[1].name=data-*")) {
      assertThat(answer(service, "shop")).contains("\"allowed\":false");
      assertThat(answer(service, "storage")).contains("\"allowed\":true", "\"warnings\"");
      assertThat(answer(service, "test-1")).contains("\"allowed\":true").doesNotContain("warnings");
      assertThat(answer(service, "lab")).contains("\"allowed\":true").doesNotContain("warnings");
    }
  }

  @Test
  void they_are_set_by_the_environment_too() throws Exception {
    Map<String, String> environment =
        Map.of(
            "RWOP_GUARD_RULES_SOLE_ACCESS_MODE", "audit",
            "RWOP_GUARD_EXEMPTIONS_0__NAMESPACE", "lab");
    try (ServiceProcess service = new ServiceProcess(environment)) {
      assertThat(answer(service, "shop"))
          .contains("\"allowed\":true", "auditAnnotations")
          .doesNotContain("warnings");
      assertThat(answer(service, "lab")).doesNotContain("auditAnnotations");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rwop-guard.rules.sole-access-modes=off | rwop-guard.rules: rule sole-access-modes does not exist; the rules are sole-access-mode, csi-only",
        "rwop-guard.exemptions[0].rules=csi-onyl | rwop-guard.exemptions[0].rules: rule csi-onyl does not exist",
        "rwop-guard.exemptions[0].kind=Deploymnet | rwop-guard.exemptions[0].kind: no rule covers kind Deploymnet",
        "rwop-guard.management.secure=true | rwop-guard.management.secure: needs a cluster",
        "rwop-guard.exemptions[0].rules=csi-only | rwop-guard.exemptions[0]: must name a namespace, a kind or a name",
      })
  void a_setting_that_cannot_work_ends_the_start_with_one_line(String setting, String message)
      throws Exception {
    ServiceProcess wrong = ServiceProcess.starting(setting);

    assertThat(wrong.awaitExit()).isNotZero();
    assertThat(wrong.log()).contains(message).doesNotContain("\tat ");
  }

  @Test
  void says_all_that_is_wrong_with_the_settings_in_one_line_and_ends() throws Exception {
    ServiceProcess other =
        ServiceProcess.starting("rwop-guard.tls.key=/nowhere", "rwop-guard.lookup-timeout=0s");

    assertThat(other.awaitExit()).isNotZero();
    assertThat(other.log())
        .contains("rwop-guard.tls.certificate: must be set, too")
        .contains("rwop-guard.tls.key: cannot read the file /nowhere")
        .contains("rwop-guard.lookup-timeout: must be longer than zero")
        .doesNotContain("\tat ");
  }

  @Test
  void says_which_file_is_not_what_it_should_be(@TempDir Path folder) throws Exception {
    Path nonsense = Files.writeString(folder.resolve("nonsense"), "x");

    ServiceProcess certificate =
        ServiceProcess.starting(
            "rwop-guard.tls.certificate=" + nonsense, "rwop-guard.tls.key=" + nonsense);
    assertThat(certificate.awaitExit()).isNotZero();
    assertThat(certificate.log())
        .contains("rwop-guard.tls:")
        .contains(nonsense.toString())
        .doesNotContain("\tat ");

    ServiceProcess kubeconfig = ServiceProcess.starting("rwop-guard.kubeconfig=" + nonsense);
    assertThat(kubeconfig.awaitExit()).isNotZero();
    assertThat(kubeconfig.log())
        .contains("rwop-guard.kubeconfig:")
        .contains(nonsense.toString())
        .doesNotContain("\tat ");
  }
}
