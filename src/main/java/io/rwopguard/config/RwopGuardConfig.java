package io.rwopguard.config;

import io.rwopguard.rules.AccessScope;
import io.rwopguard.rules.RuleMode;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Every setting of the service, in one place. Read and checked once at start, by {@link
 * ConfigCheck}.
 */
@ConfigMapping(prefix = "rwop-guard")
public interface RwopGuardConfig {

  /**
   * The parts of the service that this process runs: {@code admission} answers API servers, {@code
   * failover} and {@code certificates} are the elected controllers. The Helm chart runs the
   * controllers in Pods of their own. A process without {@code admission} listens for HTTPS on the
   * loopback address only. {@code failover} and {@code certificates} do nothing unless {@code
   * rwop-guard.failover.mode} and {@code rwop-guard.tls.self.enabled} switch them on.
   */
  @WithDefault("admission,failover,certificates")
  Set<ProcessPart> run();

  /**
   * The kubeconfig file of the cluster to look claims up in. Without it a Pod's service account is
   * used, and outside a Pod no cluster at all: a user's own kubeconfig is never picked up.
   */
  Optional<Path> kubeconfig();

  /** The time that all live reads of one request may take together. */
  @WithDefault("500ms")
  Duration lookupTimeout();

  /**
   * What happens with what a rule finds, by the rule's id: {@code deny}, {@code warn}, {@code
   * audit} or {@code off}, as in {@code rwop-guard.rules.single-consumer=warn}. Without it each
   * rule decides case by case.
   */
  Map<String, RuleMode> rules();

  /** Objects that some rules, or all, are not asked about: everything that one names has to fit. */
  List<Exemption> exemptions();

  /**
   * The namespaces in which nothing is refused and everything only warned of: the cluster's own
   * recovery must never wait for this service. The service's own namespace is always one of them.
   */
  @WithDefault("kube-system")
  Set<String> neverBlockedNamespaces();

  /**
   * The access modes of the claims that rules about sharing speak of: {@code ReadWriteOncePod}, or
   * {@code ReadWriteOnce} for both. A namespace's label {@code rwop-guard.io/scope} goes before it.
   * What is found of ReadWriteOnce claims is only warned of: {@code rolling-update-deadlock},
   * {@code claim-in-use}, {@code autoscaled}, {@code single-consumer}, {@code scale-beyond-one}.
   */
  @WithDefault("ReadWriteOncePod")
  @WithConverter(AccessScopeConverter.class)
  AccessScope scope();

  /** The namespace that the service runs in. In a Pod it is detected. */
  Optional<String> namespace();

  /**
   * Provisioners that are no CSI drivers and that {@code csi-only} says nothing of all the same: by
   * default those of kind, k3s, minikube, MicroK8s and Docker Desktop, whose volumes lie on one
   * node.
   */
  @WithDefault(
      "rancher.io/local-path,k8s.io/minikube-hostpath,microk8s.io/hostpath,docker.io/hostpath")
  Set<String> fineProvisioners();

  /** The serving certificate. */
  Tls tls();

  /** What is changed in objects that use a ReadWriteOncePod volume. */
  Mutate mutate();

  /** How soon a container that uses a ReadWriteOncePod volume is found to be sick. */
  Liveness liveness();

  /** How long a Pod that uses a ReadWriteOncePod volume has to stop. */
  Grace grace();

  /** How long a Pod that uses a ReadWriteOncePod volume stays on a dead node. */
  Tolerations tolerations();

  /** Settings of what happens to a Pod on a ReadWriteOncePod claim whose node has died. */
  Failover failover();

  /** Objects that some rules are not asked about. */
  interface Exemption {

    /** The objects' namespace; {@code *} matches anything in it. */
    Optional<String> namespace();

    /** The objects' kind, as in a manifest. */
    Optional<String> kind();

    /** The objects' name; {@code *} matches anything in it. */
    Optional<String> name();

    /** The ids of the rules; without any it is all of them. */
    Optional<Set<String>> rules();
  }

  /** The serving certificate. */
  interface Tls {

    /**
     * PEM file of the certificate chain, leaf first. Without it a development certificate is made.
     */
    Optional<Path> certificate();

    /** PEM file of the certificate's private key, not encrypted. */
    Optional<Path> key();

    /** Where the development CA and certificate are kept when no certificate is given. */
    @WithDefault("certs")
    Path developmentDirectory();

    /** How often the files are looked at for a change. */
    @WithDefault("10s")
    Duration checkEvery();

    /** Certificates that the service makes and renews by itself, for all its replicas. */
    Self self();

    /** Certificates that the service makes and renews by itself, for all its replicas. */
    interface Self {

      /**
       * Whether the service makes its own CA and certificate, keeps them in a Secret and tells the
       * API server of the CA. The Helm chart switches it on; it takes the place of {@code
       * rwop-guard.tls.certificate}.
       */
      @WithDefault("false")
      boolean enabled();

      /**
       * The Secret that holds the serving certificate and its key, in the service's own namespace.
       * It has to exist, empty. Every process that answers API servers reads it.
       */
      @WithDefault("rwop-guard-certificates")
      String secret();

      /**
       * The Secret that holds the CA's key, in the service's own namespace. It has to exist, empty.
       * Only a process with the part {@code certificates} reads it.
       */
      @WithDefault("rwop-guard-ca")
      String caSecret();

      /**
       * The Service that API servers call: the certificate is made out to its names, and only
       * webhooks that name it get the CA.
       */
      @WithDefault("rwop-guard")
      String service();

      /**
       * The ValidatingWebhookConfiguration and the MutatingWebhookConfiguration to keep filled in.
       */
      @WithDefault("rwop-guard")
      String webhookConfigurations();

      /** The Lease, in the service's own namespace, of the replica that does the making. */
      @WithDefault("rwop-guard-certificates")
      String lease();

      /** After how long another replica takes over from one that has died; at least two seconds. */
      @WithDefault("15s")
      Duration leaseDuration();

      /** How long a certificate is good for. It is renewed when a third of that is left. */
      @WithDefault("90d")
      Duration certificateLifetime();

      /**
       * How long a CA is good for, at least three times as long as a certificate. It is renewed
       * when a third of that is left, and stays trusted to its end.
       */
      @WithDefault("730d")
      Duration caLifetime();

      /**
       * How long a new CA has to stand in every {@code caBundle} before a certificate of it is
       * used: longer than any API server takes to see a change.
       */
      @WithDefault("1m")
      Duration overlap();
    }
  }

  /** How soon a container that uses a ReadWriteOncePod volume is found to be sick. */
  interface Liveness {

    /** Seconds between two checks. */
    @WithDefault("5")
    int periodSeconds();

    /** Failed checks in a row until the container is restarted. */
    @WithDefault("2")
    int failureThreshold();

    /** The least time that a container has to start, once its liveness is watched this closely. */
    @WithDefault("1h")
    Duration startupBudget();

    /**
     * For how long a write may stall while storage of an unknown driver fails over. A check that
     * writes to the volume has to fail for longer before its container is restarted. Of some
     * drivers in docs/reference/drivers.md that is known, and goes before this for reads, too.
     */
    @WithDefault("60s")
    Duration storageFailover();
  }

  /** What is changed in objects that use a ReadWriteOncePod volume. */
  interface Mutate {

    /**
     * The kinds of the objects to change. {@code Pod} alone leaves workloads as their authors wrote
     * them, which GitOps tools like better.
     */
    @WithDefault("Pod,StatefulSet,Deployment,ReplicaSet,DaemonSet")
    Set<String> kinds();

    /** Whether a file on the volume is checked, where an annotation names one. */
    @WithDefault("true")
    boolean volumeCheck();

    /** Whether liveness probes are added and tightened. */
    @WithDefault("true")
    boolean liveness();

    /** Whether startup probes are added to containers whose liveness probe was changed. */
    @WithDefault("true")
    boolean startup();

    /** Whether preStop hooks are added, where an annotation gives the command. */
    @WithDefault("true")
    boolean preStop();

    /** Whether grace periods are shortened. */
    @WithDefault("true")
    boolean grace();

    /** Whether a Deployment whose rollout would deadlock becomes Recreate. */
    @WithDefault("true")
    boolean strategy();

    /** Whether Pods leave a dead node soon. */
    @WithDefault("false")
    boolean tolerations();

    /** Whether an annotation tells what was changed. */
    @WithDefault("true")
    boolean trace();

    /**
     * How often in an hour the same edit is made of one Pod that is recreated until rwop-guard
     * leaves it alone for an hour, or of one object that another program changes back until
     * rwop-guard reports it. Each replica counts for itself. With 0 it never does.
     */
    @WithDefault("10")
    int repeatedEdits();
  }

  /** How long a Pod that uses a ReadWriteOncePod volume has to stop. */
  interface Grace {

    /**
     * Where the short grace period goes: {@code pod}, or {@code probe} to keep the Pod's own and
     * give its liveness probes one of a second.
     */
    @WithDefault("pod")
    GraceProfile profile();

    /** Seconds of the Pod's grace period, where its own is longer. */
    @WithDefault("0")
    int seconds();
  }

  /** How long a Pod that uses a ReadWriteOncePod volume stays on a dead node. */
  interface Tolerations {

    /** Seconds on a node that is not ready or unreachable. */
    @WithDefault("10")
    int seconds();

    /**
     * CSI drivers that take a node's access to a volume away when it is unpublished there, so that
     * a grace period of zero is safe: their makers' word is needed for it.
     */
    Optional<Set<String>> revokingDrivers();
  }
}
