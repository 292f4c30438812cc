package io.rwopguard.failover.fence;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The fences that the volumes of each driver need.
 *
 * @param driversOf the drivers that each fence serves, by the name of the fence
 */
public record FenceRoutes(Map<String, Set<String>> driversOf) {

  public FenceRoutes {
    driversOf = Map.copyOf(driversOf);
  }

  /** Returns the names of the fences that all have to confirm for a volume of this driver. */
  public Set<String> providersOf(String driver) {
    return driversOf.entrySet().stream()
        .filter(fence -> fence.getValue().contains(driver))
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }
}
