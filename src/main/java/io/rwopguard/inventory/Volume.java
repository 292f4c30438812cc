package io.rwopguard.inventory;

import java.util.List;

/**
 * A PersistentVolume as a cluster knows it.
 *
 * @param accessModes what it offers, which is what the kubelet goes by
 */
public record Volume(String name, List<String> accessModes) {

  public Volume {
    accessModes = List.copyOf(accessModes);
  }
}
