package io.rwopguard.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All settings of the service. {@link ConfigCheck} checks them once at start. */
@ConfigMapping(prefix = "rwop-guard")
public interface RwopGuardConfig {

  /**
   * The parts of the service that this process runs. {@code admission} answers API servers. {@code
   * failover} and {@code certificates} are the elected controllers. They do nothing unless {@code
   * rwop-guard.failover.mode} and {@code rwop-guard.tls.self-managed.enabled} enable them. By
   * default one process runs all parts; the Helm chart runs the controllers in separate Pods. A
   * process without {@code admission} listens for HTTPS on the loopback address only.
   */
  @WithDefault("admission,failover,certificates")
  Set<ProcessPart> run();

  /**
   * The kubeconfig file of the cluster in which the service looks up claims. Without it, the
   * service uses the ServiceAccount of its Pod, and outside a Pod no cluster. It never uses a
   * user's own kubeconfig.
   */
  Optional<Path> kubeconfig();

  /**
   * The longest time that all live reads of one request may take together. What is not read in time
   * counts as unknown.
   */
  @WithDefault("500ms")
  Duration lookupTimeout();

  /**
   * The mode of a rule, by the rule's id: {@code deny}, {@code warn}, {@code audit} or {@code off},
   * as in {@code rwop-guard.rules.single-consumer=warn}. Without it, each rule decides case by
   * case.
   */
  Map<String, RuleMode> rules();

  /**
   * Exemptions from some or all rules. An object is exempt if it matches everything that one of
   * them names.
   */
  List<Exemption> exemptions();

  /**
   * The namespaces in which rules never deny, but warn: the cluster's own recovery must never wait
   * for this service. The service's own namespace is always one of them.
   */
  @WithDefault("kube-system")
  Set<String> warnOnlyNamespaces();

  /**
   * The access modes of the claims to which rules about sharing apply: {@code ReadWriteOncePod}, or
   * {@code ReadWriteOnce} for both. A namespace's label {@code rwop-guard.io/scope} takes
   * precedence. For ReadWriteOnce claims, which Pods of one node can share, these rules only warn:
   * {@code rolling-update-deadlock}, {@code claim-in-use}, {@code autoscaled}, {@code
   * single-consumer}, {@code scale-beyond-one}.
   */
  @WithDefault("ReadWriteOncePod")
  @WithConverter(AccessScopeConverter.class)
  AccessScope scope();

  /** Settings of the users whose objects' owners and labels are believed. */
  Controllers controllers();

  /** The namespace that the service runs in. In a Pod, the service detects it. */
  Optional<String> namespace();

  /**
   * The provisioners that are not CSI drivers, but that {@code csi-only} accepts. The default has
   * those of kind, k3s, minikube, MicroK8s and Docker Desktop, whose volumes are local to one node.
   */
  @WithDefault(
      "rancher.io/local-path,k8s.io/minikube-hostpath,microk8s.io/hostpath,docker.io/hostpath")
  Set<String> allowedProvisioners();

  /** The serving certificate. */
  Tls tls();

  /** Settings of the edits to objects that use a ReadWriteOncePod volume. */
  Mutate mutate();

  /** Settings of the probes that find a container with a ReadWriteOncePod volume unhealthy. */
  Liveness liveness();

  /** Settings of the time that a Pod with a ReadWriteOncePod volume has to stop. */
  Grace grace();

  /** Settings of the time that a Pod with a ReadWriteOncePod volume stays on a dead node. */
  Tolerations tolerations();

  /** Limits for callers of the webhooks. */
  Limits limits();

  /** The callers that the webhooks answer. */
  Clients clients();

  /**
   * Whether the service writes a Kubernetes Event in the namespace of each object that it denies:
   * at most 20 a minute in one namespace and 100 in all, for each replica. A dry run causes none.
   */
  @WithDefault("false")
  boolean denialEvents();

  /** The port for health and metrics. */
  Management management();

  /** Settings of failover, which moves Pods on ReadWriteOncePod claims away from dead nodes. */
  FailoverConfig failover();

  /**
   * Settings of the users whose objects' owners and labels are believed. The severity of a finding
   * in an object that such a user writes and a controller owns is {@code audit}. The controllers of
   * Kubernetes itself (kube-controller-manager, all ServiceAccounts of kube-system, nodes) are
   * always believed.
   */
  interface Controllers {

    /**
     * More such users, as {@code system:serviceaccount:NAMESPACE:NAME}; {@code *} matches any text.
     * An operator that runs in the namespace of its objects has to be one of them.
     */
    Optional<Set<String>> users();

    /**
     * Whether all ServiceAccounts of other namespaces than the object's are such users, except
     * those of GitOps engines and pipelines with well-known names. Set it to false, and list the
     * operators, where tenants have ServiceAccounts with rights in several namespaces.
     */
    @WithDefault("true")
    boolean otherNamespaces();
  }

  /** Limits for callers of the webhooks. Any Pod of the cluster may be one. */
  interface Limits {

    /**
     * The number of connections to a port. Beyond it, the service accepts a new connection and
     * closes the one of the least use: first those that never got an answer, oldest first.
     */
    @WithDefault("512")
    int connections();

    /**
     * The time within which the first request of a connection, and the body of each request, have
     * to arrive.
     */
    @WithDefault("10s")
    Duration requestTimeout();
  }

  /** The callers that the webhooks answer: any, unless a CA is set. */
  interface Clients {

    /**
     * The PEM file of the CA certificates that sign the client certificates of API servers. If it
     * is set, the TLS handshake of every other caller fails. The service reads the file again for
     * each new connection.
     */
    Optional<Path> caCertificate();

    /**
     * The common names that a client certificate may have. Without it, any certificate of the CA is
     * accepted.
     */
    Optional<Set<String>> names();
  }

  /** The port for health and metrics: plain HTTP for any caller, unless it is secure. */
  interface Management {

    /**
     * Makes the port speak TLS only, with the protocols and cipher suites of the webhooks' port.
     * All paths except {@code /q/health/live}, {@code /q/health/ready} and {@code
     * /q/health/started} then need a bearer token. The service asks the API server whose token it
     * is (TokenReview), and whether that user may {@code get} the path (SubjectAccessReview). It
     * needs a cluster.
     */
    @WithDefault("false")
    boolean secure();

    /**
     * The audiences of which a token must have one. Without it, the token must be one for the API
     * server.
     */
    Optional<Set<String>> audiences();

    /**
     * The time for which the service does not ask the API server again about a token and a path
     * that it allowed. A right that is revoked ends after that.
     */
    @WithDefault("1m")
    Duration allowedFor();

    /** The same for a token and a path that were denied. */
    @WithDefault("10s")
    Duration deniedFor();

    /** The ClusterRole that a denial tells the user to bind. */
    @WithDefault("rwop-guard-metrics-reader")
    String readerRole();
  }

  /** An exemption from some or all rules. */
  interface Exemption {

    /** The namespace of the objects; {@code *} matches any text in it. */
    Optional<String> namespace();

    /** The kind of the objects, as in a manifest. */
    Optional<String> kind();

    /** The name of the objects; {@code *} matches any text in it. */
    Optional<String> name();

    /**
     * The ids of the rules. Without it, the objects are exempt from all rules and are not edited.
     */
    Optional<Set<String>> rules();
  }

  /** The serving certificate. */
  interface Tls {

    /**
     * The PEM file of the certificate chain, leaf first. Without it, the service creates a
     * development certificate.
     */
    Optional<Path> certificate();

    /** The PEM file of the certificate's private key, not encrypted. */
    Optional<Path> key();

    /**
     * The directory of the development CA and certificate, which are used if no certificate is set.
     */
    @WithDefault("certs")
    Path developmentDirectory();

    /**
     * The interval at which the service reads the files again. A Secret's mount swaps a symbolic
     * link, which file events do not report.
     */
    @WithDefault("10s")
    Duration reloadInterval();

    /**
     * The implementation of TLS, for the webhooks and for connections to the API server: {@code
     * native} is BoringSSL, where its library exists for the machine, and otherwise the JDK's own;
     * {@code jdk} is always the JDK's own, with the security providers that the JDK is configured
     * with. {@code jdk} answers the first requests of a process more slowly.
     */
    @WithDefault("native")
    TlsEngine engine();

    /** Settings of certificates that the service issues and renews for all its replicas. */
    SelfManaged selfManaged();

    /** Settings of certificates that the service issues and renews for all its replicas. */
    interface SelfManaged {

      /**
       * Enables the service's own CA and certificate. The service keeps them in two Secrets and
       * writes the CA to the webhook configurations. This replaces {@code
       * rwop-guard.tls.certificate}. It needs a cluster, so it is {@code false} by default; the
       * Helm chart enables it.
       */
      @WithDefault("false")
      boolean enabled();

      /**
       * The Secret with the serving certificate and its key, in the service's own namespace. It has
       * to exist; create it empty. Every process that answers API servers reads it.
       */
      @WithDefault("rwop-guard-certificates")
      String secret();

      /**
       * The Secret with the CA's key, in the service's own namespace. It has to exist; create it
       * empty. Only a process with the part {@code certificates} reads it.
       */
      @WithDefault("rwop-guard-ca")
      String caSecret();

      /**
       * The Service that API servers call. The certificate is valid for its names, and only
       * webhooks that name it get the CA.
       */
      @WithDefault("rwop-guard")
      String service();

      /**
       * The name of the ValidatingWebhookConfiguration and of the MutatingWebhookConfiguration that
       * get the CA.
       */
      @WithDefault("rwop-guard")
      String webhookConfigurations();

      /**
       * The Lease, in the service's own namespace, by which the replicas elect the one that issues
       * certificates.
       */
      @WithDefault("rwop-guard-certificates")
      String lease();

      /**
       * The time after which another replica takes over from a leader that has died; at least two
       * seconds. The default is that of other Kubernetes controllers.
       */
      @WithDefault("15s")
      Duration leaseDuration();

      /**
       * The lifetime of a serving certificate. The service renews it when a third of that is left.
       */
      @WithDefault("90d")
      Duration certificateLifetime();

      /**
       * The lifetime of a CA, at least three times that of a certificate. The service renews it
       * when a third of that is left. The old CA stays trusted to its end.
       */
      @WithDefault("730d")
      Duration caLifetime();

      /**
       * The time for which a new CA has to be in every {@code caBundle} before the service uses a
       * certificate of it. It has to be longer than any API server takes to notice a change.
       */
      @WithDefault("1m")
      Duration overlap();
    }
  }

  /** Settings of the probes that find a container with a ReadWriteOncePod volume unhealthy. */
  interface Liveness {

    /** The seconds between two checks. With the defaults, a failure is found within ten seconds. */
    @WithDefault("5")
    int periodSeconds();

    /** The number of failed checks in a row after which the container is restarted. */
    @WithDefault("2")
    int failureThreshold();

    /**
     * The least time that an added startup probe gives a container to start. It is long by default,
     * so that the recovery of a journal does not count as a failure.
     */
    @WithDefault("1h")
    Duration startupBudget();

    /**
     * The time for which a write may stall while the storage of an unknown driver fails over. A
     * check that writes to the volume has to fail for longer before its container is restarted. For
     * some drivers, docs/reference/drivers.md has a known time, which takes precedence and also
     * applies to reads.
     */
    @WithDefault("60s")
    Duration storageFailover();
  }

  /** Settings of the edits to objects that use a ReadWriteOncePod volume. */
  interface Mutate {

    /**
     * The kinds of objects to edit. {@code Pod} alone leaves workloads as their authors wrote them,
     * which suits GitOps tools.
     */
    @WithDefault("Pod,StatefulSet,Deployment,ReplicaSet,DaemonSet")
    Set<String> kinds();

    /**
     * Adds a check of a file on the volume to liveness probes, where an annotation names the file.
     */
    @WithDefault("true")
    boolean volumeCheck();

    /** Adds and tightens liveness probes. */
    @WithDefault("true")
    boolean liveness();

    /** Adds startup probes to containers whose liveness probe was added or tightened. */
    @WithDefault("true")
    boolean startup();

    /** Adds preStop hooks, where an annotation gives the command. */
    @WithDefault("true")
    boolean preStop();

    /** Shortens grace periods. */
    @WithDefault("true")
    boolean grace();

    /** Changes the strategy of a Deployment whose rollout would deadlock to {@code Recreate}. */
    @WithDefault("true")
    boolean strategy();

    /**
     * Shortens the time that Pods stay on a dead node. It is {@code false} by default, since such
     * an eviction is a failover without safety checks.
     */
    @WithDefault("false")
    boolean tolerations();

    /** Lists the edited fields in the annotation {@code rwop-guard.io/mutated}. */
    @WithDefault("true")
    boolean trace();

    /**
     * The number of identical edits within an hour after which rwop-guard reacts. It leaves a Pod
     * that is recreated again and again alone for an hour. It reports an object that another
     * program changes back. Each replica counts separately. With 0, rwop-guard never reacts.
     */
    @WithDefault("10")
    int repeatedEdits();
  }

  /** Settings of the time that a Pod with a ReadWriteOncePod volume has to stop. */
  interface Grace {

    /**
     * The place of the short grace period: {@code pod} sets it on the Pod; {@code probe} keeps the
     * Pod's own and sets one of a second on its liveness probes.
     */
    @WithDefault("pod")
    GraceProfile profile();

    /**
     * The seconds of the Pod's grace period, where its own is longer. With 0, an unhealthy Pod ends
     * at once.
     */
    @WithDefault("0")
    int seconds();
  }

  /** Settings of the time that a Pod with a ReadWriteOncePod volume stays on a dead node. */
  interface Tolerations {

    /**
     * The seconds that a Pod stays on a node that is not ready or unreachable. The default of
     * Kubernetes is 300.
     */
    @WithDefault("10")
    int seconds();

    /**
     * The CSI drivers that revoke a node's access to a volume when it is unpublished there, so that
     * a zero grace period is safe. Name a driver only if its vendor confirms this.
     */
    Optional<Set<String>> revokingDrivers();
  }
}
