package io.rwopguard.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Checks the settings of fences. */
final class FenceCheck {

  private static final String PREFIX = "rwop-guard.failover.fences.";

  /** The directory of the Pod's own credentials, which must never be sent to a fence. */
  private static final Path OWN_CREDENTIALS =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private FenceCheck() {}

  /**
   * Checks the settings of all fences, and adds a line to the problems for each that cannot work.
   *
   * @param files whether this process runs the controller, which reads the files that fences name;
   *     in other processes they need not exist
   */
  static void check(FailoverConfig failover, boolean files, List<String> problems) {
    for (String moved : failover.fence().keySet()) {
      problems.add(
          "rwop-guard.failover.fence.%s: was renamed to %sNAME.%s. Choose a NAME, and also set %sNAME.type=https"
              .formatted(moved, PREFIX, moved, PREFIX));
    }
    failover.fences().forEach((name, fence) -> fence(name, fence, files, problems));
    Map<String, String> networkFences = new HashMap<>();
    failover
        .fences()
        .forEach(
            (name, fence) -> {
              if (fence.type() == FenceType.NETWORK_FENCE) {
                for (String driver : fence.drivers().orElse(Set.of())) {
                  String other = networkFences.put(driver, name);
                  if (other != null) {
                    problems.add(
                        "%s%s.drivers: fence %s already creates the NetworkFence of driver %s. Remove one of them"
                            .formatted(PREFIX, name, other, driver));
                  }
                }
              }
            });
    served(failover, problems);
  }

  private static void fence(String name, FenceConfig fence, boolean files, List<String> problems) {
    String prefix = PREFIX + name + ".";
    if (!NAME.matcher(name).matches()) {
      problems.add(
          "%s%s: must consist of lower case letters, digits and dashes".formatted(PREFIX, name));
    }
    switch (fence.type()) {
      case HTTPS -> https(prefix, fence, files, problems);
      case NETWORK_FENCE -> networkFence(prefix, fence, problems);
      case FENCE_AGENTS_REMEDIATION -> remediation(prefix, fence, problems);
    }
    if (fence.type() != FenceType.HTTPS) {
      unused(prefix, "url", fence.url().map(URI::toString), fence, problems);
      unused(prefix, "ca-certificate", fence.caCertificate().map(Path::toString), fence, problems);
      unused(prefix, "token-file", fence.tokenFile().map(Path::toString), fence, problems);
      if (fence.scope() != FenceScope.NODE) {
        problems.add(
            prefix
                + "scope: can be changed for an https fence only. Remove it: a network-fence stops the volumes of its driver, and a fence-agents-remediation stops the node");
      }
    }
    if (fence.type() != FenceType.NETWORK_FENCE) {
      unused(prefix, "network-fence-class", fence.networkFenceClass(), fence, problems);
      unused(prefix, "secret-name", fence.secretName(), fence, problems);
      unused(prefix, "secret-namespace", fence.secretNamespace(), fence, problems);
    }
    if (fence.type() != FenceType.FENCE_AGENTS_REMEDIATION) {
      unused(prefix, "template", fence.template(), fence, problems);
      unused(prefix, "template-namespace", fence.templateNamespace(), fence, problems);
    }
    ConfigCheck.positive(prefix + "timeout", fence.timeout(), problems);
    ConfigCheck.positive(prefix + "retry-after", fence.retryAfter(), problems);
    ConfigCheck.between(prefix + "attempts", 1, fence.attempts(), 100, problems);
  }

  private static void https(
      String prefix, FenceConfig fence, boolean files, List<String> problems) {
    if (fence.url().filter(FenceCheck::isHttps).isEmpty()) {
      problems.add(
          prefix
              + "url: must be an https:// address, found "
              + fence.url().map(URI::toString).orElse("none"));
    }
    if (files) {
      ConfigCheck.readable(prefix + "ca-certificate", fence.caCertificate(), problems);
    }
    if (fence.tokenFile().filter(FenceCheck::isOwnCredential).isPresent()) {
      problems.add(
          prefix
              + "token-file: is a ServiceAccount token of this Pod, with which the fence could act as rwop-guard. Mount a Secret with a token of the fence");
    } else if (files) {
      ConfigCheck.readable(prefix + "token-file", fence.tokenFile(), problems);
    }
  }

  private static void networkFence(String prefix, FenceConfig fence, List<String> problems) {
    if (fence.drivers().filter(drivers -> drivers.size() == 1).isEmpty()) {
      problems.add(prefix + "drivers: must name exactly one driver for a network-fence");
    }
    if (fence.networkFenceClass().isPresent() == fence.secretName().isPresent()) {
      problems.add(
          prefix + "network-fence-class: set either this or secret-name and secret-namespace");
    }
    if (fence.secretName().isPresent() != fence.secretNamespace().isPresent()) {
      problems.add(prefix + "secret-namespace: must be set together with secret-name");
    }
  }

  private static void remediation(String prefix, FenceConfig fence, List<String> problems) {
    if (fence.template().isEmpty() || fence.templateNamespace().isEmpty()) {
      problems.add(
          prefix
              + "template: must be set together with template-namespace for a fence-agents-remediation");
    }
  }

  private static void unused(
      String prefix,
      String setting,
      Optional<String> value,
      FenceConfig fence,
      List<String> problems) {
    if (value.isPresent()) {
      problems.add(
          "%s%s: has no meaning for type %s. Remove it"
              .formatted(
                  prefix,
                  setting,
                  fence.type().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-')));
    }
  }

  /**
   * Checks that a fence serves each driver that is stated {@code stopped-by-fence}, and that the
   * settings state this of each driver that a fence names.
   */
  private static void served(FailoverConfig failover, List<String> problems) {
    Map<String, FenceConfig> fences = new TreeMap<>(failover.fences());
    Set<String> named = new TreeSet<>();
    fences.values().forEach(fence -> fence.drivers().ifPresent(named::addAll));
    boolean servesAll = fences.values().stream().anyMatch(fence -> fence.drivers().isEmpty());
    failover
        .drivers()
        .forEach(
            (name, driver) -> {
              if (driver.stoppedByFence() && !servesAll && !named.contains(name)) {
                problems.add(
                    "rwop-guard.failover.drivers.\"%s\".stopped-by-fence: no fence serves this driver. %s"
                        .formatted(name, toServe(fences.keySet())));
              }
            });
    fences.forEach(
        (name, fence) ->
            new TreeSet<>(fence.drivers().orElse(Set.of()))
                .stream()
                    .filter(driver -> !isStated(failover, driver))
                    .forEach(
                        driver ->
                            problems.add(
                                "%s%s.drivers: driver %s is named, but no setting states that a fence stops it. Set rwop-guard.failover.drivers.\"%s\".stopped-by-fence=true"
                                    .formatted(PREFIX, name, driver, driver))));
  }

  private static boolean isStated(FailoverConfig failover, String driver) {
    return Optional.ofNullable(failover.drivers().get(driver))
        .map(FailoverConfig.Driver::stoppedByFence)
        .orElse(false);
  }

  private static String toServe(Set<String> fences) {
    return fences.isEmpty()
        ? "Configure a fence under a name of your choice, as in %sNAME.type=https (docs/guides/fencing.md)"
            .formatted(PREFIX)
        : fences.stream()
            .map(name -> PREFIX + name + ".drivers")
            .collect(Collectors.joining(" or ", "Name it in ", ""));
  }

  private static boolean isOwnCredential(Path file) {
    Path normal = file.toAbsolutePath().normalize();
    try {
      return normal.startsWith(OWN_CREDENTIALS)
          || file.toRealPath().startsWith(OWN_CREDENTIALS.toRealPath());
    } catch (java.io.IOException e) {
      return false;
    }
  }

  private static boolean isHttps(URI url) {
    return "https".equals(url.getScheme()) && url.getHost() != null;
  }
}
