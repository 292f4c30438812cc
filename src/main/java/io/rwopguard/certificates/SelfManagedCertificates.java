package io.rwopguard.certificates;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.rwopguard.config.PodEnvironment;
import io.rwopguard.config.ProcessPart;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.LeaderElection;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Provides certificates without cert-manager. A process that answers API servers, or whose
 * management port is secure, uses what the Secret of the serving certificate holds. Of the
 * processes that run the certificate controller, the elected one keeps both Secrets and the API
 * server's {@code caBundle}s up to date.
 */
@Singleton
final class SelfManagedCertificates {

  static final String MISSING =
      "it does not exist. The Helm chart creates it empty; create it empty yourself if you do not use the chart";

  private static final String WATCHING = "watching ";

  /** The state of the Secret of the serving certificate, as last observed. */
  private enum SecretState {
    NOT_READ,
    MISSING,
    WITHOUT_CERTIFICATE,
    COMPLETE
  }

  private static final LeaderElection.Contact NOT_COUNTED =
      new LeaderElection.Contact() {
        @Override
        public void answered(Duration took) {}

        @Override
        public void failed() {}
      };

  private final RwopGuardConfig.Tls.SelfManaged settings;
  private final boolean presents;
  private final boolean controls;
  private final String namespace;
  private final ServingCertificate serving;
  private final Instance<KubernetesClient> client;
  private final ConditionLog problems =
      new ConditionLog(SelfManagedCertificates.class, "docs/installation/certificates.md");
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private Optional<CertificateRotation> rotation = Optional.empty();
  private Optional<LeaderElection> leadership = Optional.empty();
  private String secretName = "";
  private volatile SecretState state = SecretState.NOT_READ;
  private volatile Optional<X509Certificate> ca = Optional.empty();

  SelfManagedCertificates(
      RwopGuardConfig config,
      @Identifier(ServingCertificate.TLS_CONFIGURATION) ServingCertificate serving,
      Instance<KubernetesClient> client) {
    settings = config.tls().selfManaged();
    presents =
        settings.enabled()
            && (config.run().contains(ProcessPart.ADMISSION) || config.management().secure());
    controls = settings.enabled() && config.run().contains(ProcessPart.CERTIFICATES);
    namespace = PodEnvironment.namespace(config).orElse("");
    this.serving = serving;
    this.client = client;
  }

  void start(@Observes StartupEvent event) {
    if (!isEnabled()) {
      return;
    }
    CertificateObjects objects = new CertificateObjects(client.get(), settings, namespace);
    secretName = objects.secretName();
    if (controls) {
      control(objects);
    }
    watch(
        objects.secretName(),
        objects.secret(),
        secret -> {
          take(objects.secretName(), secret);
          wake();
        });
    leadership.ifPresent(LeaderElection::start);
  }

  private void control(CertificateObjects objects) {
    CertificateRotation rotation =
        new CertificateRotation(
            objects, settings, namespace, problems, InstantSource.system(), this::leads);
    this.rotation = Optional.of(rotation);
    leadership =
        Optional.of(
            new LeaderElection(
                client.get(),
                "certificate",
                namespace,
                settings.lease(),
                // each write names the version that it relies on, and a new installation waits for
                // this Lease
                LeaderElection.Terms.of(settings.leaseDuration()).creatingAtOnce(),
                problems,
                NOT_COUNTED,
                rotation::wake));
    watch(
        objects.caSecretName(),
        objects.caSecret(),
        secret -> {
          takeAuthority(objects.caSecretName(), secret);
          rotation.wake();
        });
    objects
        .configurations()
        .forEach((name, configuration) -> watch(name, configuration, found -> rotation.wake()));
  }

  private void wake() {
    rotation.ifPresent(CertificateRotation::wake);
  }

  /** Returns whether this process takes part in the election that issues certificates. */
  boolean controls() {
    return controls;
  }

  /** Returns the number of webhooks whose {@code caBundle} is wrong; 0 unless it leads. */
  int mismatches() {
    return rotation.map(CertificateRotation::mismatches).orElse(0);
  }

  /** Returns whether this process issues the certificates. */
  boolean leads() {
    return leadership.isPresent() && leadership.get().isLeader();
  }

  /** Receives an object after each change; empty if it does not exist. */
  private interface Look {
    void at(Optional<GenericKubernetesResource> object);
  }

  /** Watches an object by its name, so that the right to read this one object is sufficient. */
  private void watch(String name, Resource<GenericKubernetesResource> object, Look look) {
    SharedIndexInformer<GenericKubernetesResource> informer = object.runnableInformer(0);
    informers.add(informer);
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(GenericKubernetesResource found) {
            look.at(Optional.of(found));
          }

          @Override
          public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource now) {
            look.at(Optional.of(now));
          }

          @Override
          public void onDelete(GenericKubernetesResource last, boolean finalStateUnknown) {
            look.at(Optional.empty());
          }
        });
    informer.exceptionHandler(
        (started, failure) -> {
          problems.found(WATCHING + name, failure);
          return true;
        });
    var unused =
        informer
            .start()
            .thenRun(
                () -> {
                  problems.solved(WATCHING + name);
                  if (informer.getStore().list().isEmpty()) {
                    look.at(Optional.empty());
                  }
                });
  }

  private void take(String name, Optional<GenericKubernetesResource> secret) {
    if (secret.isEmpty()) {
      state = SecretState.MISSING;
      problems.found(name, MISSING);
      return;
    }
    problems.solved(name);
    StoredCertificates stored = StoredCertificates.read(CertificateObjects.dataOf(secret.get()));
    if (presents) {
      stored.serving().ifPresent(serving::use);
    }
    if (!controls) {
      ca = stored.caOfServing();
    }
    state = stored.serving().isPresent() ? SecretState.COMPLETE : SecretState.WITHOUT_CERTIFICATE;
  }

  private void takeAuthority(String name, Optional<GenericKubernetesResource> secret) {
    if (secret.isEmpty()) {
      problems.found(name, MISSING);
      return;
    }
    problems.solved(name);
    ca =
        StoredCertificates.read(Map.of(), CertificateObjects.dataOf(secret.get()))
            .signer()
            .map(CertificateAuthority::certificate);
  }

  boolean isEnabled() {
    return presents || controls;
  }

  /** Returns what is wrong with the Secret; empty if nothing is. */
  Optional<String> problem() {
    if (!isEnabled()) {
      return Optional.empty();
    }
    return switch (state) {
      case NOT_READ ->
          problems
              .with(WATCHING + secretName)
              .or(() -> Optional.of("the Secret has not been read yet"));
      case MISSING -> Optional.of(secretName + ": " + MISSING);
      case WITHOUT_CERTIFICATE -> Optional.of(secretName + ": holds no certificate yet");
      case COMPLETE -> Optional.empty();
    };
  }

  /**
   * Returns the certificate of the CA that signs, if it is known. In a process that only answers,
   * it is that of the CA that signed the serving certificate.
   */
  Optional<X509Certificate> ca() {
    return ca;
  }

  void stop(@Observes ShutdownEvent event) {
    informers.forEach(SharedIndexInformer::stop);
    rotation.ifPresent(CertificateRotation::close);
    leadership.ifPresent(LeaderElection::close);
  }
}
