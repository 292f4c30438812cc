package io.rwopguard.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.DeniedWrites;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A leader and the Secrets of its certificates, on a real API server. */
@OnSecondApiServer
class CertificateRotationIT {

  private static final String NAMESPACE = "rotation";

  private static final String WITHOUT_RIGHT = "rotation-without-right";

  private static final String WEBHOOK =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingWebhookConfiguration
      metadata: {name: %s}
      webhooks:
        - name: nothing.example.org
          clientConfig: {service: {name: %s, namespace: rotation}}
          rules: []
          sideEffects: None
          admissionReviewVersions: [v1]
      """;
  private static final String READER =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: rotation-without-right}
      rules:
        - {apiGroups: [""], resources: [secrets], verbs: [get, update]}
        - apiGroups: [admissionregistration.k8s.io]
          resources: [validatingwebhookconfigurations, mutatingwebhookconfigurations]
          verbs: [get, list]
      """;
  private static final String BINDING =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: rotation-without-right}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: rotation-without-right}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: rotation-without-right}]
      """;

  private final KubernetesClient client = ApiServer.running().client();
  private final RwopGuardConfig.Tls.SelfManaged settings =
      new SmallRyeConfigBuilder()
          .addDiscoveredConverters()
          .withMapping(RwopGuardConfig.class)
          .build()
          .getConfigMapping(RwopGuardConfig.class)
          .tls()
          .selfManaged();
  private final CertificateObjects objects = new CertificateObjects(client, settings, NAMESPACE);

  @BeforeEach
  void make() {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
    put(settings.secret(), Map.of());
  }

  @AfterEach
  void remove() {
    client.secrets().inNamespace(NAMESPACE).delete();
  }

  private void put(String name, Map<String, String> data) {
    var secrets = client.secrets().inNamespace(NAMESPACE);
    secrets.withName(name).delete();
    secrets
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withStringData(data)
                .build())
        .create();
  }

  private static StoredCertificates newCa() {
    CertificateAuthority ca =
        CertificateAuthority.make(
            StoredCertificates.CA_NAME + "test", Instant.now(), Duration.ofDays(700));
    return StoredCertificates.NONE.withCa(ca, List.of());
  }

  private StoredCertificates stored() {
    return StoredCertificates.read(data(objects.secret()), data(objects.caSecret()));
  }

  /** Returns nothing for a Secret that is being replaced at this moment. */
  private static Map<String, String> data(Resource<GenericKubernetesResource> secret) {
    return Optional.ofNullable(secret.get()).map(CertificateObjects::dataOf).orElseGet(Map::of);
  }

  /** A clock that is asked once in each look, after both Secrets were read. */
  private static final class AfterReading extends Clock {

    private final AtomicInteger looks = new AtomicInteger();
    private final Runnable first;

    AfterReading(Runnable first) {
      this.first = first;
    }

    @Override
    public Instant instant() {
      if (looks.getAndIncrement() == 0) {
        first.run();
      }
      return Instant.now();
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private CertificateRotation rotation(ConditionLog problems, Clock clock) {
    return new CertificateRotation(objects, settings, NAMESPACE, problems, clock, () -> true);
  }

  private StoredCertificates afterSigning(Runnable afterReading) {
    ConditionLog problems =
        new ConditionLog(CertificateRotationIT.class, "docs/installation/certificates.md");
    try (CertificateRotation rotation = rotation(problems, new AfterReading(afterReading))) {
      rotation.wake();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> stored().serving().isPresent());
      return stored();
    }
  }

  @Test
  void a_key_that_was_replaced_after_it_was_read_signs_nothing() {
    put(settings.caSecret(), newCa().authorityData());
    StoredCertificates replacement = newCa();

    StoredCertificates stored =
        afterSigning(() -> put(settings.caSecret(), replacement.authorityData()));

    assertThat(stored.signer().map(CertificateAuthority::certificate))
        .isEqualTo(replacement.signer().map(CertificateAuthority::certificate));
    assertThat(stored.isServingOfSigner()).as("the certificate is of the new key").isTrue();
    assertThat(stored.cas()).hasSize(1);
  }

  @Test
  void a_key_that_is_still_there_signs_at_once() {
    StoredCertificates ca = newCa();
    put(settings.caSecret(), ca.authorityData());

    StoredCertificates stored = afterSigning(() -> {});

    assertThat(stored.isServingOfSigner()).isTrue();
    assertThat(stored.caOfServing())
        .isEqualTo(Optional.of(ca.signer().orElseThrow().certificate()));
  }

  /** No admission policy applies to webhook configurations, so a right is missing here. */
  @Test
  void a_bundle_that_cannot_be_corrected_is_shown() {
    put(settings.caSecret(), newCa().authorityData());
    client
        .resource(WEBHOOK.formatted(settings.webhookConfigurations(), settings.service()))
        .create();
    client.resource(READER).serverSideApply();
    client.resource(BINDING).serverSideApply();
    ConditionLog problems =
        new ConditionLog(CertificateRotationIT.class, "docs/installation/certificates.md");
    var config =
        new ConfigBuilder(client.getConfiguration()).withImpersonateUsername(WITHOUT_RIGHT).build();
    try (KubernetesClient reader = new KubernetesClientBuilder().withConfig(config).build();
        CertificateRotation rotation =
            new CertificateRotation(
                new CertificateObjects(reader, settings, NAMESPACE),
                settings,
                NAMESPACE,
                problems,
                InstantSource.system(),
                () -> true)) {
      rotation.wake();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> problems.with("certificates").isPresent());
      assertThat(rotation.mismatches()).isOne();

      client.resource(READER.replace("[get, list]", "[get, list, patch]")).serverSideApply();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> rotation.mismatches() == 0);
      assertThat(objects.bundles()).singleElement().matches(bundle -> !bundle.text().isBlank());
    } finally {
      client
          .admissionRegistration()
          .v1()
          .validatingWebhookConfigurations()
          .withName(settings.webhookConfigurations())
          .delete();
    }
  }

  /** An admission policy answers as the API server does to a write of what has changed. */
  @Test
  void a_denied_write_is_reported() {
    put(settings.caSecret(), newCa().authorityData());
    ConditionLog problems =
        new ConditionLog(CertificateRotationIT.class, "docs/installation/certificates.md");
    String path = "/api/v1/namespaces/%s/secrets/%s".formatted(NAMESPACE, settings.secret());
    DeniedWrites.during(
        ApiServer.running().client(),
        path,
        () -> {
          try (var rotation = rotation(problems, Clock.systemUTC())) {
            rotation.wake();
            Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> problems.with("certificates").isPresent());
          }
        });
    assertThat(problems.with("certificates").orElseThrow())
        .contains(DeniedWrites.MESSAGE, "exempt this ServiceAccount");
  }
}
