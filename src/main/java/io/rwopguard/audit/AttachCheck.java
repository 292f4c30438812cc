package io.rwopguard.audit;

import io.rwopguard.drivers.Answer;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import io.rwopguard.drivers.Revocation;
import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.ClusterCheck;
import io.rwopguard.rules.Finding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Checks whether the CSIDrivers of ReadWriteOncePod volumes keep a second node from writing. It
 * evaluates whether they attach, and what is known about them.
 */
final class AttachCheck {

  private static final int NAMED = 3;
  private static final FieldPath FIELD = FieldPath.ROOT.field("spec").field("attachRequired");

  /** The ReadWriteOncePod volumes of a driver: their number, and the first by name. */
  private record Served(long count, List<String> first) {

    Served and(String volume) {
      List<String> names = new ArrayList<>(first);
      names.add(volume);
      names.sort(Comparator.naturalOrder());
      return new Served(count + 1, List.copyOf(names.subList(0, Math.min(NAMED, names.size()))));
    }

    @Override
    public String toString() {
      String names = String.join(", ", first);
      return "%d ReadWriteOncePod volume%s (%s)"
          .formatted(
              count,
              count == 1 ? "" : "s",
              count > first.size()
                  ? "%s and %d more".formatted(names, count - first.size())
                  : names);
    }
  }

  private final Map<String, Served> byDriver = new TreeMap<>();

  /** Adds a volume. */
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

  /** Returns the findings about the drivers of all added volumes. */
  List<AuditFinding> findings(Inventory inventory) {
    List<AuditFinding> findings = new ArrayList<>();
    byDriver.forEach(
        (name, served) ->
            inventory
                .csiDriver(name)
                .value()
                .ifPresent(driver -> findings.addAll(findings(driver, served))));
    return findings;
  }

  private static List<AuditFinding> findings(CsiDriver driver, Served served) {
    List<AuditFinding> findings = new ArrayList<>();
    if (!driver.attaches()) {
      findings.add(
          finding(
              ClusterCheck.ATTACH_REQUIRED,
              driver,
              "it is false, so nothing in Kubernetes keeps a second node from mounting the driver's "
                  + served));
    }
    Drivers.of(driver.name())
        .ifPresent(
            known -> {
              if (known.isAttachRequiredFixed()
                  && known.attachRequired() == (driver.attaches() ? Answer.NO : Answer.YES)) {
                findings.add(
                    finding(
                        ClusterCheck.ATTACH_REQUIRED_CHANGED,
                        driver,
                        "it is %s, and %s ships it as %s; the driver serves %s"
                            .formatted(
                                driver.attaches(), known.title(), !driver.attaches(), served)));
              }
              if (driver.attaches() && keepsAccess(known)) {
                findings.add(
                    finding(
                        ClusterCheck.DRIVER_DOES_NOT_FENCE,
                        driver,
                        "with %s, %s; the driver serves %s"
                            .formatted(known.title(), known.revocation().meaning(), served)));
              }
            });
    return findings;
  }

  /** Returns whether an unreachable node keeps its access after a mere unpublish. */
  private static boolean keepsAccess(DriverKnowledge known) {
    return known.revocation() != Revocation.NEVER
        && known.revocation().onUnpublish(false) == Answer.NO;
  }

  private static AuditFinding finding(ClusterCheck check, CsiDriver driver, String detail) {
    return new AuditFinding(
        new AuditedObject("storage.k8s.io/v1", "CSIDriver", "", driver.name(), ""),
        new Finding(check.id(), Severity.AUDIT, FIELD, driver.name(), detail, check.remedy()));
  }
}
