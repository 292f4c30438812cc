package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.rwopguard.config.FailoverMode;
import io.rwopguard.config.PodEnvironment;
import io.rwopguard.config.ProcessPart;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.config.TlsEngine;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.kube.NativeTlsClients;
import io.rwopguard.kube.ObjectTree;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/**
 * Decides which cluster the service watches, if any, and starts the watches. Only an explicitly
 * named kubeconfig or a Pod's own service account counts. By default the client would read the
 * user's kubeconfig, and connect to any cluster that it points to.
 */
@Singleton
public class ClusterAccess {

  private static final Logger LOG = Logger.getLogger(ClusterAccess.class);

  private final Optional<Config> cluster;
  private final RwopGuardConfig config;
  private final Instance<KubernetesClient> client;
  private final MeterRegistry registry;
  private Optional<ClusterInventory> inventory = Optional.empty();

  ClusterAccess(RwopGuardConfig config, Instance<KubernetesClient> client, MeterRegistry registry) {
    this.config = config;
    this.client = client;
    this.registry = registry;
    this.cluster = find(config);
  }

  private static Optional<Config> find(RwopGuardConfig config) {
    if (!PodEnvironment.hasCluster(config)) {
      return Optional.empty();
    }
    try {
      return config
          .kubeconfig()
          .map(ClientConfig::of)
          .or(() -> Optional.of(ClientConfig.automatic()));
    } catch (BadConfigException e) {
      throw new ConfigurationException(
          config.kubeconfig().isPresent()
              ? "rwop-guard.kubeconfig: " + e.getMessage()
              : e.getMessage());
    }
  }

  /** Returns the client's configuration; without a cluster, one that connects to none. */
  @Produces
  @Singleton
  Config clientConfig() {
    Config config = cluster.orElseGet(Config::empty);
    // an informer retries forever anyway; ten silent retries before that would keep the reason out
    // of the log
    config.setRequestRetryBackoffLimit(2);
    return config;
  }

  /** Returns the serialization by which the client reads objects. */
  @Produces
  @Singleton
  KubernetesSerialization clientSerialization() {
    return ObjectTree.serialization();
  }

  /** Returns the service's client. */
  @Produces
  @Singleton
  KubernetesClient client(Config config, KubernetesSerialization serialization, Vertx vertx) {
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withKubernetesSerialization(serialization)
        .withHttpClientFactory(
            new NativeTlsClients(vertx, this.config.tls().engine() == TlsEngine.NATIVE))
        .build();
  }

  void close(@Disposes KubernetesClient client) {
    client.close();
  }

  /** Returns the inventory of the cluster. */
  @Produces
  @Singleton
  Inventory inventory() {
    Optional<Scope> scope = scope();
    if (cluster.isEmpty() || scope.isEmpty()) {
      return new EmptyInventory();
    }
    inventory =
        Optional.of(
            new ClusterInventory(client.get(), config.lookupTimeout(), scope.get(), registry));
    return inventory.get();
  }

  /** Returns what the parts that this process runs need to watch; empty for nothing. */
  private Optional<Scope> scope() {
    if (config.run().contains(ProcessPart.ADMISSION)) {
      return Optional.of(Scope.CLUSTER);
    }
    boolean failover =
        config.run().contains(ProcessPart.FAILOVER) && config.failover().mode() != FailoverMode.OFF;
    return failover
        ? Optional.of(Scope.failover(config.failover().namespaces().orElse(Set.of())))
        : Optional.empty();
  }

  void start(@Observes StartupEvent event, Inventory inventory) {
    if (inventory instanceof ClusterInventory known) {
      LOG.infof("Watching claims and volumes in the cluster at %s", cluster.get().getMasterUrl());
      known.start();
      known.keepChecking();
    } else if (cluster.isEmpty()) {
      LOG.info(
          "No cluster is configured (rwop-guard.kubeconfig): the access modes of claims that an"
              + " object names are unknown");
    }
  }

  void stop(@Observes ShutdownEvent event) {
    inventory.ifPresent(ClusterInventory::close);
  }

  /** Returns a check that is ready once every claim and volume of the cluster has been read. */
  @Produces
  @Readiness
  @Singleton
  HealthCheck inventoryReadiness(Inventory inventory) {
    return () ->
        inventory instanceof ClusterInventory known
            ? HealthCheckResponse.named("inventory").status(known.hasBeenSynced()).build()
            : HealthCheckResponse.named("inventory").withData("cluster", "none").up().build();
  }
}
