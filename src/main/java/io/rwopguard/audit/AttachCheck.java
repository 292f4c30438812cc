package io.rwopguard.audit;

import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Volume;
import io.rwopguard.rules.ClusterCheck;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.Severity;
import io.rwopguard.workload.FieldPath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Looks for drivers that serve ReadWriteOncePod volumes and do not attach them to a node first. */
final class AttachCheck {

  private static final int NAMED = 3;
  private static final FieldPath FIELD = FieldPath.ROOT.field("spec").field("attachRequired");

  /** ReadWriteOncePod volumes of a driver: how many, and the first by name. */
  private record Served(long count, List<String> first) {

    Served and(String volume) {
      List<String> names = new ArrayList<>(first);
      names.add(volume);
      names.sort(Comparator.naturalOrder());
      return new Served(count + 1, List.copyOf(names.subList(0, Math.min(NAMED, names.size()))));
    }

    String listed() {
      String names = String.join(", ", first);
      return count > first.size() ? "%s and %d more".formatted(names, count - first.size()) : names;
    }
  }

  private final Map<String, Served> byDriver = new TreeMap<>();

  /** Takes up a volume. */
  void add(Volume volume) {
    if (volume.isExclusive()) {
      volume
          .csiDriver()
          .ifPresent(
              driver ->
                  byDriver.compute(
                      driver,
                      (name, before) ->
                          (before == null ? new Served(0, List.of()) : before).and(volume.name())));
    }
  }

  /** What is to be noted of the drivers of all volumes taken up. */
  List<AuditFinding> findings(Inventory inventory) {
    List<AuditFinding> findings = new ArrayList<>();
    byDriver.forEach(
        (name, served) ->
            inventory
                .csiDriver(name)
                .value()
                .filter(driver -> !driver.attaches())
                .map(driver -> finding(driver, served))
                .ifPresent(findings::add));
    return findings;
  }

  private static AuditFinding finding(CsiDriver driver, Served served) {
    return new AuditFinding(
        new AuditedObject("storage.k8s.io/v1", "CSIDriver", "", driver.name(), ""),
        new Finding(
            ClusterCheck.ATTACH_REQUIRED.id(),
            Severity.AUDIT,
            FIELD,
            driver.name(),
            "it is false, so nothing in Kubernetes keeps a second node from mounting the driver's %d ReadWriteOncePod volume%s (%s)"
                .formatted(served.count(), served.count() == 1 ? "" : "s", served.listed()),
            ClusterCheck.ATTACH_REQUIRED.remedy()));
  }
}
