package io.rwopguard.migration.checks;

import io.rwopguard.drivers.Answer;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.migration.cluster.MigrationObjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Checks whether a CSI driver and its sidecars support ReadWriteOncePod, as far as is known. */
final class DriverCheck {

  private static final int KNOWN_SINCE = 22;
  private static final int ENABLED_SINCE = 27;

  private DriverCheck() {}

  /**
   * Returns why the cluster does not support ReadWriteOncePod. Kubernetes knows the access mode
   * since 1.22 and enables it by default since 1.27 (feature gate ReadWriteOncePod, KEP-2485).
   */
  static Optional<String> ofServer(OptionalInt minor) {
    return minor.isEmpty() || minor.getAsInt() >= ENABLED_SINCE
        ? Optional.empty()
        : Optional.of(
            "the API server runs Kubernetes 1.%d, which %s. Upgrade the cluster%s"
                .formatted(
                    minor.getAsInt(),
                    minor.getAsInt() < KNOWN_SINCE
                        ? "does not support ReadWriteOncePod"
                        : "supports ReadWriteOncePod only with the feature gate of that name in API server, scheduler and kubelets",
                    minor.getAsInt() < KNOWN_SINCE
                        ? " first"
                        : "; or, if the gate is enabled everywhere, pass --assume-capable"));
  }

  /** Lists the problems of a driver and its sidecars, each with a remediation. */
  static List<String> problems(MigrationObjects objects, String driver) {
    List<String> problems = new ArrayList<>();
    for (String old : new OldSidecars(objects.pages(), objects.csiDrivers()).of(driver)) {
      problems.add(
          "%s. Upgrade it; or, if it does not belong to driver %s, pass --assume-capable."
              .formatted(old, driver));
    }
    if (problems.isEmpty()) {
      capability(driver).ifPresent(problems::add);
    }
    return problems;
  }

  private static Optional<String> capability(String driver) {
    Optional<DriverKnowledge> known = Drivers.of(driver);
    return switch (known.map(DriverKnowledge::singleNodeMultiWriter).orElse(Answer.UNKNOWN)) {
      case YES -> Optional.empty();
      case NO ->
          Optional.of(
              "driver %s (%s) does not declare SINGLE_NODE_MULTI_WRITER (docs/reference/drivers.md), so only Kubernetes enforces ReadWriteOncePod. Check that it runs with csi-provisioner >= 3.0, csi-attacher >= 3.3 and csi-resizer >= 1.3. If that enforcement is enough, pass --assume-capable."
                  .formatted(driver, known.orElseThrow().title()));
      case UNKNOWN ->
          Optional.of(
              "it is unknown whether driver %s supports ReadWriteOncePod. Check that it runs with csi-provisioner >= 3.0, csi-attacher >= 3.3 and csi-resizer >= 1.3, and then pass --assume-capable."
                  .formatted(driver));
    };
  }
}
