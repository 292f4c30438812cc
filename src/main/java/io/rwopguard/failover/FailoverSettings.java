package io.rwopguard.failover;

import io.rwopguard.config.FailoverConfig;
import io.rwopguard.config.KnownBehavior;
import io.rwopguard.config.VolumeRelease;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.drivers.Revocation;
import io.rwopguard.failover.plan.DriverGuarantees;
import io.rwopguard.failover.plan.NodeLimits;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Converts the settings to the limits and statements that the evaluation uses. */
final class FailoverSettings {

  private static final Logger LOG = Logger.getLogger(FailoverSettings.class);

  private FailoverSettings() {}

  static NodeLimits limits(FailoverConfig settings) {
    FailoverConfig.Maintenance maintenance = settings.maintenance();
    return new NodeLimits(
        settings.limits().suspectPercent(),
        settings.limits().suspectPercentOfZone(),
        maintenance.annotations(),
        maintenance.externalRemediationTaints().stream()
            .map(FailoverSettings::pattern)
            .collect(Collectors.toSet()),
        maintenance.rebootWindow());
  }

  private static Pattern pattern(String text) {
    return Pattern.compile(Pattern.quote(text).replace("*", "\\E.*\\Q"));
  }

  static DriverGuarantees statements(FailoverConfig settings) {
    Set<String> revoking = new HashSet<>();
    Set<String> underTaint = new HashSet<>();
    Set<String> fenced = new HashSet<>();
    Map<String, VolumeRelease> ofDriver = new HashMap<>();
    Map<String, VolumeRelease> ofStorageClass = new HashMap<>();
    settings
        .drivers()
        .forEach(
            (name, driver) -> {
              if (driver.revokesOnUnpublish()) {
                revoking.add(name);
                VolumeRelease release = driver.release().orElse(settings.release());
                if (driver.againstKnownBehavior()) {
                  KnownBehavior.overridden(name, release).ifPresent(LOG::warn);
                } else {
                  KnownBehavior.condition(name).ifPresent(LOG::info);
                  Drivers.of(name)
                      .filter(FailoverSettings::needsTaint)
                      .ifPresent(known -> underTaint.add(name));
                }
              }
              if (driver.stoppedByFence()) {
                fenced.add(name);
              }
              driver.release().ifPresent(release -> ofDriver.put(name, release));
            });
    settings
        .storageClasses()
        .forEach(
            (name, storageClass) ->
                storageClass.release().ifPresent(release -> ofStorageClass.put(name, release)));
    return new DriverGuarantees(
        revoking, underTaint, fenced, settings.release(), ofDriver, ofStorageClass);
  }

  private static boolean needsTaint(DriverKnowledge known) {
    return known.revocation() == Revocation.OUT_OF_SERVICE_TAINT_ONLY;
  }
}
