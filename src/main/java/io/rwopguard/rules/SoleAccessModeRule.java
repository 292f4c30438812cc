package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.AccessModes;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Finds ReadWriteOncePod together with another access mode. The kubelet enforces it only where it
 * is a volume's only mode (k8s.io/kubernetes pkg/kubelet/volumemanager, v1helper.ContainsAccessMode
 * with a length of 1). Any combination silently disables it.
 */
public final class SoleAccessModeRule implements Rule {

  @Override
  public String id() {
    return "sole-access-mode";
  }

  @Override
  public String summary() {
    return "ReadWriteOncePod combined with another access mode, or listed twice: PersistentVolume,"
        + " PersistentVolumeClaim, StatefulSet claim templates, ephemeral volume templates";
  }

  @Override
  public String why() {
    return "The kubelet enforces a single Pod only where ReadWriteOncePod is the only mode, and the"
        + " scheduler reads the claim. A combination silently disables the protection. Current API"
        + " servers already refuse a combination; older ones and files do not.";
  }

  @Override
  public String byDefault() {
    return "deny";
  }

  @Override
  public String remedy() {
    return "write accessModes: [\"ReadWriteOncePod\"] only, or remove ReadWriteOncePod";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    List<Finding> findings = new ArrayList<>();
    for (AccessModes modes : object.writtenAccessModes()) {
      if (modes.nameReadWriteOncePod() && !modes.areReadWriteOncePodAlone()) {
        findings.add(
            new Finding(
                id(),
                Severity.DENY,
                modes.field(),
                String.join(",", modes.modes()),
                detail(modes),
                remedy()));
      }
    }
    return findings;
  }

  private static String detail(AccessModes modes) {
    String others =
        modes.modes().stream()
            .filter(mode -> !mode.equals(AccessModes.READ_WRITE_ONCE_POD))
            .distinct()
            .collect(Collectors.joining(" and "));
    String what =
        Optional.of(others)
            .filter(text -> !text.isEmpty())
            .map(text -> "ReadWriteOncePod is combined with " + text)
            .orElse("ReadWriteOncePod is listed " + modes.modes().size() + " times");
    return what + ", and nothing enforces a single Pod unless it is the only mode";
  }
}
