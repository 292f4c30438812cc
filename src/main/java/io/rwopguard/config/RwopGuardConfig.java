package io.rwopguard.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Every setting of the service, in one place. Read and checked once at start, by {@link
 * ConfigCheck}.
 */
@ConfigMapping(prefix = "rwop-guard")
public interface RwopGuardConfig {

  /**
   * The kubeconfig file of the cluster to look claims up in. Without it a Pod's service account is
   * used, and outside a Pod no cluster at all: a user's own kubeconfig is never picked up by
   * itself.
   */
  Optional<Path> kubeconfig();

  /** The time that all live reads of one request may take together. */
  @WithDefault("500ms")
  Duration lookupTimeout();

  /**
   * What becomes of what a rule finds, by the rule's id: {@code deny}, {@code warn}, {@code audit}
   * or {@code off}, as in {@code rwop-guard.rules.single-consumer=warn}. Without it each rule
   * decides case by case.
   */
  Map<String, RuleMode> rules();

  /** The serving certificate. */
  Tls tls();

  /** How soon a container that uses a ReadWriteOncePod volume is found to be sick. */
  Liveness liveness();

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
  }

  /** How soon a container that uses a ReadWriteOncePod volume is found to be sick. */
  interface Liveness {

    /** Seconds between two checks. */
    @WithDefault("5")
    int periodSeconds();

    /** Failed checks in a row until the container is restarted. */
    @WithDefault("2")
    int failureThreshold();

    /**
     * What a container may take to start at the least, once its liveness is watched this closely.
     */
    @WithDefault("1h")
    Duration startupBudget();
  }
}
