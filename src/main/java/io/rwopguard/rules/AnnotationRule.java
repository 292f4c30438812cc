package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.model.Severity;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds annotations of rwop-guard that it cannot follow. If it ignored them, it would do something
 * other than their author asked for.
 */
public final class AnnotationRule implements Rule {

  @Override
  public String id() {
    return "annotation";
  }

  @Override
  public String summary() {
    return "an rwop-guard annotation with an invalid value, an unknown name, or on a workload"
        + " instead of its pod template";
  }

  @Override
  public String why() {
    return "A misspelled or misplaced annotation would be ignored. A database would then run"
        + " without the check that its owner expects.";
  }

  @Override
  public String byDefault() {
    return "deny";
  }

  @Override
  public String remedy() {
    return "correct the annotation or remove it";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    PodTemplate template = object.podTemplate().orElse(null);
    if (template == null) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    PodAnnotations.of(template)
        .problems()
        .forEach(
            (name, problem) -> findings.add(finding(template.annotationsPath(), name, problem)));
    if (object.kind() != Kind.POD) {
      FieldPath path = FieldPath.ROOT.field("metadata").field("annotations");
      object.annotations().keySet().stream()
          .filter(PodAnnotations::isReadThereOnly)
          .sorted()
          .forEach(
              name ->
                  findings.add(
                      finding(path, name, "is only read at " + template.annotationsPath())));
    }
    return findings;
  }

  private Finding finding(FieldPath annotations, String name, String problem) {
    return new Finding(id(), Severity.DENY, annotations.field(name), name, problem, remedy());
  }
}
