package io.rwopguard.rules;

import io.rwopguard.inventory.Claim;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ClaimSpec;
import io.rwopguard.model.FieldPath;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodVolume;
import io.rwopguard.model.PodVolume.InlineClaim;
import io.rwopguard.model.Severity;
import io.rwopguard.model.VolumeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds a claim and a volume of which only one is ReadWriteOncePod. The scheduler reads the claim's
 * access modes and the kubelet the volume's, so only one of them keeps a second Pod out.
 */
public final class HalfMigratedRule implements Rule {

  @Override
  public String id() {
    return "half-migrated";
  }

  @Override
  public String summary() {
    return "a claim and its volume that disagree on ReadWriteOncePod, so that only half of"
        + " Kubernetes enforces it: volumes, claims, and Pods or templates that name the claim;"
        + " StatefulSets with such a claim template over other claims that exist";
  }

  @Override
  public String why() {
    return "The scheduler reads the claim's modes and the kubelet the volume's. If they disagree,"
        + " only one of them blocks a second Pod, or neither does. A StatefulSet's controller uses"
        + " existing claims regardless of the template.";
  }

  @Override
  public String byDefault() {
    return "warn";
  }

  @Override
  public String remedy() {
    return "give both the same access modes: a volume's can be changed, and a claim has to be recreated";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    List<Finding> findings = new ArrayList<>();
    object.volume().ifPresent(volume -> checkVolume(object.name(), volume, inventory, findings));
    object.claim().ifPresent(claim -> checkClaim(object, claim, inventory, findings));
    object
        .podTemplate()
        .ifPresent(
            template -> {
              FieldPath field = template.specPath().field("volumes");
              object.namedClaims().forEach(claim -> checkNamed(field, claim, inventory, findings));
              template.volumes().stream()
                  .map(PodVolume::claim)
                  .filter(InlineClaim.class::isInstance)
                  .map(InlineClaim.class::cast)
                  .forEach(made -> checkTemplate(object, made, inventory, findings));
            });
    return findings;
  }

  private void checkVolume(
      String name, VolumeSpec volume, Inventory inventory, List<Finding> findings) {
    boolean exclusive = volume.accessModes().areReadWriteOncePodAlone();
    volume
        .claim()
        .flatMap(claim -> inventory.claim(claim).value())
        // a retained volume names a deleted claim, and a new claim of the same name has another
        // volume
        .filter(claim -> claim.volumeName().isEmpty() || claim.volumeName().equals(name))
        .filter(claim -> claim.isExclusive() != exclusive)
        .map(claim -> finding(volume.accessModes().field(), claim.key(), exclusive))
        .ifPresent(findings::add);
  }

  private void checkClaim(
      ObjectFacts object, ClaimSpec claim, Inventory inventory, List<Finding> findings) {
    boolean exclusive = claim.accessModes().areReadWriteOncePodAlone();
    volume(claim.volumeName(), inventory)
        .filter(volume -> volume.isExclusive() != exclusive)
        .map(
            volume ->
                finding(
                    claim.accessModes().field(),
                    new ClaimKey(object.namespace(), object.name()),
                    volume.isExclusive()))
        .ifPresent(findings::add);
  }

  private void checkNamed(
      FieldPath field, ClaimKey key, Inventory inventory, List<Finding> findings) {
    Claim claim = inventory.claim(key).value().orElse(null);
    if (claim == null) {
      return;
    }
    volume(claim.volumeName(), inventory)
        .filter(volume -> volume.isExclusive() != claim.isExclusive())
        .map(volume -> finding(field, key, volume.isExclusive()))
        .ifPresent(findings::add);
  }

  /**
   * Adds a finding for the first claim only, because the claims of a template are migrated
   * together.
   */
  private void checkTemplate(
      ObjectFacts object, InlineClaim template, Inventory inventory, List<Finding> findings) {
    if (!template.spec().accessModes().areReadWriteOncePodAlone()) {
      return;
    }
    template.names().stream()
        .map(name -> new ClaimKey(object.namespace(), name))
        .flatMap(key -> inventory.claim(key).value().stream())
        .filter(claim -> !claim.isExclusive())
        .findFirst()
        .map(
            claim ->
                new Finding(
                    id(),
                    Severity.WARN,
                    template.spec().accessModes().field(),
                    claim.key().name(),
                    "the template is ReadWriteOncePod, but claim %s exists and is %s; a StatefulSet uses existing claims unchanged, so several Pods can use this one"
                        .formatted(claim.key().name(), String.join(", ", claim.accessModes())),
                    "migrate the claim: rwop-guard migrate %s".formatted(claim.key())))
        .ifPresent(findings::add);
  }

  private static Optional<Volume> volume(String name, Inventory inventory) {
    return name.isEmpty() ? Optional.empty() : inventory.volume(name).value();
  }

  private Finding finding(FieldPath field, ClaimKey claim, boolean byVolume) {
    return new Finding(
        id(),
        Severity.WARN,
        field,
        claim.name(),
        (byVolume
                ? "the volume of claim %s is ReadWriteOncePod and the claim is not, so the kubelet"
                    + " enforces it and the scheduler does not"
                : "claim %s is ReadWriteOncePod and its volume is not, so the scheduler enforces it"
                    + " and the kubelet does not")
            .formatted(claim.name()),
        remedy());
  }
}
