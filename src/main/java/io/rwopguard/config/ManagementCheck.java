package io.rwopguard.config;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Checks the settings of the management port. */
final class ManagementCheck {

  private static final String PREFIX = "rwop-guard.management.";

  /** The limit of the time for which a revoked right may still work. */
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private ManagementCheck() {}

  static void check(RwopGuardConfig config, List<String> problems) {
    RwopGuardConfig.Management management = config.management();
    if (management.secure() && !PodEnvironment.hasCluster(config)) {
      problems.add(
          PREFIX
              + "secure: needs a cluster, whose API server knows the tokens of callers. Outside a"
              + " Pod, set rwop-guard.kubeconfig, or remove the setting");
    }
    if (management.audiences().stream().flatMap(Set::stream).anyMatch(String::isBlank)) {
      problems.add(PREFIX + "audiences: has an empty name. Remove it");
    }
    within("allowed-for", management.allowedFor(), problems);
    within("denied-for", management.deniedFor(), problems);
  }

  private static void within(String name, Duration value, List<String> problems) {
    if (value.isNegative() || value.compareTo(LONGEST) > 0) {
      problems.add("%s%s: must be from 0s to 10 minutes, found %s".formatted(PREFIX, name, value));
    }
  }
}
