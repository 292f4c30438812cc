package io.rwopguard.config;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** Checks the settings of certificates that the service issues. */
final class SelfManagedCheck {

  private static final String PREFIX = "rwop-guard.tls.self-managed.";

  /** The pattern of a DNS subdomain, which the names of most objects have to match. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");

  private static final Duration SHORTEST_LEASE = Duration.ofSeconds(2);
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private SelfManagedCheck() {}

  static void check(RwopGuardConfig config, List<String> problems) {
    RwopGuardConfig.Tls.SelfManaged self = config.tls().selfManaged();
    if (config.tls().certificate().isPresent()) {
      problems.add(
          PREFIX + "enabled: contradicts rwop-guard.tls.certificate. Set only one of them");
    }
    if (!PodEnvironment.hasCluster(config)) {
      problems.add(PREFIX + "enabled: needs a cluster. Outside a Pod, set rwop-guard.kubeconfig");
    }
    if (PodEnvironment.namespace(config).isEmpty()) {
      problems.add("rwop-guard.namespace: must be set outside a Pod for " + PREFIX + "enabled");
    }
    named("secret", self.secret(), problems);
    named("ca-secret", self.caSecret(), problems);
    if (self.secret().equals(self.caSecret())) {
      problems.add(
          PREFIX
              + "ca-secret: must be another Secret than "
              + PREFIX
              + "secret, which every process that answers API servers may read; found \""
              + self.caSecret()
              + "\"");
    }
    named("service", self.service(), problems);
    named("webhook-configurations", self.webhookConfigurations(), problems);
    named("lease", self.lease(), problems);
    durations(self, problems);
  }

  private static void durations(RwopGuardConfig.Tls.SelfManaged self, List<String> problems) {
    ConfigCheck.positive(PREFIX + "overlap", self.overlap(), problems);
    if (self.leaseDuration().compareTo(SHORTEST_LEASE) < 0) {
      problems.add(
          PREFIX + "lease-duration: must be at least 2 seconds, found " + self.leaseDuration());
    }
    if (self.caLifetime().compareTo(LONGEST) > 0) {
      problems.add(PREFIX + "ca-lifetime: must be at most 100 years");
    }
    if (self.certificateLifetime().multipliedBy(3).compareTo(self.caLifetime()) > 0) {
      problems.add(
          PREFIX
              + "ca-lifetime: must be at least three times the certificate-lifetime, which is "
              + self.certificateLifetime());
    }
    Duration left = self.certificateLifetime().dividedBy(3);
    if (left.compareTo(self.overlap().plus(self.leaseDuration())) <= 0) {
      problems.add(
          PREFIX
              + "certificate-lifetime: a third of it must be longer than overlap and lease-duration"
              + " together, found "
              + self.certificateLifetime()
              + ". Otherwise, the certificate could end before the next one is in use");
    }
  }

  private static void named(String setting, String value, List<String> problems) {
    if (!NAME.matcher(value).matches()) {
      problems.add(PREFIX + setting + ": must be the name of an object, found \"" + value + "\"");
    }
  }
}
