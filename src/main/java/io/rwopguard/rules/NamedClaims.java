package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.PodVolume.ExistingClaim;
import java.util.List;

/**
 * The claims that an object's Pods name and share: those made for each Pod from a template are
 * never shared.
 */
final class NamedClaims {

  private NamedClaims() {}

  /** The names of the existing claims with this answer to whether they are for a single writer. */
  static List<String> of(ObjectFacts object, Inventory inventory, SingleWriter answer) {
    return object.podTemplate().stream()
        .flatMap(template -> template.volumes().stream())
        .filter(volume -> volume.claim() instanceof ExistingClaim)
        .filter(volume -> SingleWriter.of(volume, object.namespace(), inventory) == answer)
        .map(volume -> ((ExistingClaim) volume.claim()).claimName())
        .distinct()
        .toList();
  }
}
