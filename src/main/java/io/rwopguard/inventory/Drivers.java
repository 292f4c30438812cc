package io.rwopguard.inventory;

import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.InTreeSource;
import io.rwopguard.model.PodVolume;
import io.rwopguard.model.PodVolume.ExistingClaim;
import io.rwopguard.model.PodVolume.InlineClaim;
import java.util.Optional;

/** Finds the CSI driver that serves a Pod's volume, or will serve it once it is provisioned. */
public final class Drivers {

  private Drivers() {}

  /** Returns the driver's name; empty if no CSI driver serves the volume or none is known. */
  public static Optional<String> nameOf(PodVolume volume, String namespace, Inventory inventory) {
    if (volume.claim() instanceof InlineClaim inline) {
      return inline.names().stream()
          .flatMap(name -> inventory.claim(new ClaimKey(namespace, name)).value().stream())
          .findFirst()
          .map(claim -> nameOf(claim, inventory))
          .orElseGet(() -> provisioner(inline.spec().storageClass(), inventory));
    }
    String claimName = ((ExistingClaim) volume.claim()).claimName();
    return inventory
        .claim(new ClaimKey(namespace, claimName))
        .value()
        .flatMap(claim -> nameOf(claim, inventory));
  }

  /** Returns the name of the driver that serves this claim, or will; empty if none is known. */
  public static Optional<String> nameOf(Claim claim, Inventory inventory) {
    return claim.volumeName().isEmpty()
        ? provisioner(claim.storageClass(), inventory)
        : inventory.volume(claim.volumeName()).value().flatMap(Volume::csiDriver);
  }

  /** Returns the driver, if it is known whether it attaches its volumes. */
  public static Optional<CsiDriver> of(PodVolume volume, String namespace, Inventory inventory) {
    return nameOf(volume, namespace, inventory).flatMap(name -> inventory.csiDriver(name).value());
  }

  private static Optional<String> provisioner(Optional<String> storageClass, Inventory inventory) {
    return inventory
        .storageClassOf(storageClass)
        .value()
        .map(StorageClass::provisioner)
        .map(
            provisioner ->
                InTreeSource.ofProvisioner(provisioner)
                    .filter(source -> source.isServed(name -> ""))
                    .map(InTreeSource::driver)
                    .orElse(provisioner));
  }
}
