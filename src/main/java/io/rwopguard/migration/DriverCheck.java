package io.rwopguard.migration;

import java.util.ArrayList;
import java.util.List;

/** Whether a CSI driver and its sidecars know ReadWriteOncePod, as far as that can be known. */
final class DriverCheck {

  private DriverCheck() {}

  /** What speaks against it, each with what to do. */
  static List<String> problems(MigrationObjects objects, String driver) {
    List<String> problems = new ArrayList<>();
    for (String old : new OldSidecars(objects.pages(), objects.csiDrivers()).of(driver)) {
      problems.add(
          "%s; update it, or, if it is not driver %s's, say --assume-capable"
              .formatted(old, driver));
    }
    if (problems.isEmpty() && !KnownDrivers.know(driver)) {
      problems.add(
          "whether driver %s knows ReadWriteOncePod is not known here; look for csi-provisioner >= 3.0, csi-attacher >= 3.3 and csi-resizer >= 1.3 beside it, and then say --assume-capable"
              .formatted(driver));
    }
    return problems;
  }
}
