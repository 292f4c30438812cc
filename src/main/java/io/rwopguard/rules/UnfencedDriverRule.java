package io.rwopguard.rules;

import io.rwopguard.inventory.Drivers;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.model.PodVolume;
import io.rwopguard.model.Severity;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds a zero grace period with a driver that does not attach. At zero the API server deletes the
 * Pod's object before its containers are known to have stopped. Only the detach of the volume then
 * keeps a second node out, and some drivers have no such step.
 */
public final class UnfencedDriverRule implements Rule {

  @Override
  public String id() {
    return "unfenced-driver";
  }

  @Override
  public String summary() {
    return "a grace period of 0 in a Pod or template on a ReadWriteOncePod volume whose CSIDriver"
        + " has attachRequired: false: nothing keeps a second node from mounting it";
  }

  @Override
  public String why() {
    return "With a zero grace period the API server deletes the Pod's object before its containers"
        + " are known to have stopped. A driver that does not attach volumes does not keep a second"
        + " node from mounting one, so there can be two writers.";
  }

  @Override
  public String byDefault() {
    return "warn";
  }

  @Override
  public String remedy() {
    return "write terminationGracePeriodSeconds: 1 or more";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    PodTemplate template = object.podTemplate().orElse(null);
    if (template == null || template.gracePeriodSeconds() != 0) {
      return List.of();
    }
    FieldPath field = template.specPath().field(PodTemplate.GRACE_PERIOD);
    String namespace = object.namespace();
    return template.volumes().stream()
        .filter(volume -> SingleWriter.of(volume, namespace, inventory) == SingleWriter.YES)
        .flatMap(volume -> finding(field, volume, namespace, inventory))
        .toList();
  }

  private Stream<Finding> finding(
      FieldPath field, PodVolume volume, String namespace, Inventory inventory) {
    return Drivers.of(volume, namespace, inventory)
        .filter(driver -> !driver.attaches())
        .map(
            driver ->
                new Finding(
                    id(),
                    Severity.WARN,
                    field,
                    volume.name(),
                    ("a deleted Pod's object disappears before its containers stop, and the driver"
                            + " %s of volume %s does not attach, so another node may mount the"
                            + " volume in between")
                        .formatted(driver.name(), volume.name()),
                    remedy()))
        .stream();
  }
}
