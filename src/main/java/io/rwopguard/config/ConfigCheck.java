package io.rwopguard.config;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
      // it
      readable("rwop-guard.tls.certificate", tls.certificate(), problems);
      readable("rwop-guard.tls.key", tls.key(), problems);
    }
    readable("rwop-guard.kubeconfig", config.kubeconfig(), problems);
    positive("rwop-guard.tls.reload-interval", tls.reloadInterval(), problems);
    if (tls.selfManaged().enabled()) {
      SelfManagedCheck.check(config, problems);
    }
    positive("rwop-guard.lookup-timeout", config.lookupTimeout(), problems);
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
