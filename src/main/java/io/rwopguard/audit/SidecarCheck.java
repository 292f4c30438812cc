package io.rwopguard.audit;

import io.rwopguard.model.Container;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.Severity;
import io.rwopguard.model.Sidecar;
import io.rwopguard.rules.ClusterCheck;
import io.rwopguard.rules.Finding;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds CSI sidecars that are too old, in Pods and templates, so that the finding is about a
 * Deployment if there is one.
 */
final class SidecarCheck {

  private SidecarCheck() {}

  /** Returns the findings about the sidecars in this object. */
  static List<Finding> check(ObjectFacts object) {
    List<Finding> findings = new ArrayList<>();
    // a driver without Pods attaches nothing
    object
        .podTemplate()
        .filter(template -> !object.idle())
        .ifPresent(template -> template.containers().forEach(each -> check(each, findings)));
    return findings;
  }

  private static void check(Container container, List<Finding> findings) {
    Sidecar.Image image = Sidecar.Image.of(container.json().path("image").asText()).orElse(null);
    if (image == null) {
      return;
    }
    String first = image.sidecar().first();
    if (image.isTooOld().isEmpty()) {
      String detail =
          "the tag of %s does not show its version, and only %s and later support ReadWriteOncePod";
      findings.add(
          finding(Severity.AUDIT, container, image, detail.formatted(image.repository(), first)));
    } else if (image.isTooOld().get()) {
      String detail = "%s %s does not support ReadWriteOncePod; %s is the first version that does";
      findings.add(
          finding(
              Severity.WARN,
              container,
              image,
              detail.formatted(image.sidecar(), image.tag(), first)));
    }
  }

  private static Finding finding(
      Severity severity, Container container, Sidecar.Image image, String detail) {
    return new Finding(
        ClusterCheck.CSI_SIDECAR_VERSION.id(),
        severity,
        container.path().field("image"),
        image.sidecar().toString(),
        detail,
        ClusterCheck.CSI_SIDECAR_VERSION.remedy());
  }
}
