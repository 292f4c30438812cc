package io.rwopguard.config;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Checks a configuration and reports all of its problems at once. */
public final class ConfigCheck {

  private ConfigCheck() {}

  /**
   * Checks the settings against each other and against the files they name.
   *
   * @throws ConfigurationException with one line for each setting that cannot work
   */
  public static void check(RwopGuardConfig config) {
    List<String> problems = new ArrayList<>();
    RwopGuardConfig.Tls tls = config.tls();
    if (tls.certificate().isPresent() != tls.key().isPresent()) {
      String missing = tls.key().isPresent() ? "rwop-guard.tls.certificate" : "rwop-guard.tls.key";
      problems.add(
          missing + ": must be set, too, because a certificate and its key belong together");
    }
    if (config.run().isEmpty()) {
      problems.add(
          "rwop-guard.run: must name at least one of admission, failover and certificates");
    }
    if (config.run().contains(ProcessPart.ADMISSION)) {
      // a process that serves no request does not use the certificate and has no volume that holds
      // it, and with a secure management port it starts without
      readable("rwop-guard.tls.certificate", tls.certificate(), problems);
      readable("rwop-guard.tls.key", tls.key(), problems);
    }
    readable("rwop-guard.kubeconfig", config.kubeconfig(), problems);
    if (config.run().contains(ProcessPart.ADMISSION)) {
      readable("rwop-guard.clients.ca-certificate", config.clients().caCertificate(), problems);
    }
    if (config.clients().names().isPresent() && config.clients().caCertificate().isEmpty()) {
      problems.add(
          "rwop-guard.clients.names: has no effect without rwop-guard.clients.ca-certificate. Set the CA, too, or remove the names");
    }
    if (config.clients().names().stream().flatMap(Set::stream).anyMatch(String::isBlank)) {
      problems.add("rwop-guard.clients.names: has an empty name. Remove it");
    }
    if (config.denialEvents() && !PodEnvironment.hasCluster(config)) {
      problems.add(
          "rwop-guard.denial-events: needs a cluster. Outside a Pod, set rwop-guard.kubeconfig");
    }
    positive("rwop-guard.tls.reload-interval", tls.reloadInterval(), problems);
    if (tls.selfManaged().enabled()) {
      SelfManagedCheck.check(config, problems);
    }
    positive("rwop-guard.lookup-timeout", config.lookupTimeout(), problems);
    between("rwop-guard.limits.connections", 16, config.limits().connections(), 65_536, problems);
    Duration timeout = config.limits().requestTimeout();
    if (timeout.toSeconds() < 1 || timeout.compareTo(Duration.ofMinutes(5)) > 0) {
      problems.add(
          "rwop-guard.limits.request-timeout: must be from 1s to 5 minutes, found " + timeout);
    }
    ManagementCheck.check(config, problems);
    RwopGuardConfig.Liveness liveness = config.liveness();
    between("rwop-guard.liveness.period-seconds", 1, liveness.periodSeconds(), 3600, problems);
    between(
        "rwop-guard.liveness.failure-threshold", 1, liveness.failureThreshold(), 1000, problems);
    Duration budget = liveness.startupBudget();
    if (budget.toSeconds() < 1 || budget.compareTo(Duration.ofDays(365)) > 0) {
      problems.add(
          "rwop-guard.liveness.startup-budget: must be from a second to a year, found " + budget);
    }
    Duration stall = liveness.storageFailover();
    if (stall.isNegative() || stall.compareTo(Duration.ofHours(1)) > 0) {
      problems.add(
          "rwop-guard.liveness.storage-failover: must be from 0s to an hour, found " + stall);
    }
    between("rwop-guard.grace.seconds", 0, config.grace().seconds(), 86_400, problems);
    between("rwop-guard.tolerations.seconds", 1, config.tolerations().seconds(), 86_400, problems);
    between("rwop-guard.mutate.repeated-edits", 0, config.mutate().repeatedEdits(), 1000, problems);
    FailoverCheck.check(config, problems);
    if (!problems.isEmpty()) {
      throw new ConfigurationException(String.join("; ", problems));
    }
  }

  static void readable(String name, Optional<Path> file, List<String> problems) {
    if (file.isPresent() && !Files.isReadable(file.get())) {
      problems.add(
          "%s: cannot read the file %s. Correct the path, or make the file readable for this process"
              .formatted(name, file.get()));
    }
  }

  static void positive(String name, Duration value, List<String> problems) {
    if (value.isNegative() || value.isZero()) {
      problems.add(name + ": must be longer than zero, found " + value);
    }
  }

  static void between(String name, int least, int value, int most, List<String> problems) {
    if (value < least || value > most) {
      problems.add("%s: must be from %d to %d, found %d".formatted(name, least, most, value));
    }
  }
}
