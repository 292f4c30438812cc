package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.model.Container;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.model.Severity;
import java.util.List;

/**
 * Finds a preStop hook with a zero grace period. The period counts from the start of the hook. At
 * zero the kubelet gives the hook one second on a deletion, and skips it on a restart.
 */
public final class HookCannotRunRule implements Rule {

  @Override
  public String id() {
    return "hook-cannot-run";
  }

  @Override
  public String summary() {
    return "a preStop hook with no time to run in the grace period, in a Pod or template on a"
        + " ReadWriteOncePod volume";
  }

  @Override
  public String why() {
    return "The kubelet interrupts the hook of a Pod that has no time to end. Data that the hook"
        + " should flush or hand over is lost.";
  }

  @Override
  public String byDefault() {
    return "warn";
  }

  @Override
  public String remedy() {
    return "increase terminationGracePeriodSeconds so that the hook can complete, or remove the"
        + " hook";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    PodTemplate template = object.podTemplate().orElse(null);
    if (template == null || !isExclusive(object, template, inventory)) {
      return List.of();
    }
    long grace = template.gracePeriodSeconds();
    return template.containers().stream()
        .filter(Container::hasPreStopHook)
        .filter(container -> grace == 0 || container.preStopSleepSeconds() > grace)
        .map(container -> finding(container, grace))
        .toList();
  }

  private static boolean isExclusive(
      ObjectFacts object, PodTemplate template, Inventory inventory) {
    return template.volumes().stream()
        .anyMatch(
            volume -> SingleWriter.of(volume, object.namespace(), inventory) == SingleWriter.YES);
  }

  private Finding finding(Container container, long grace) {
    return new Finding(
        id(),
        Severity.WARN,
        container.path().field("lifecycle").field("preStop"),
        container.name(),
        "the hook of container %s has no time to run, since the Pod's grace period is %d s"
            .formatted(container.name(), grace),
        remedy());
  }
}
