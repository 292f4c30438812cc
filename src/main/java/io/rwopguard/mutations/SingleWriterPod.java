package io.rwopguard.mutations;

import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.model.Container;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.model.PodTemplate;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A pod spec that uses at least one ReadWriteOncePod volume, as its author wrote it.
 *
 * @param object the Pod or workload that contains it
 * @param volumes the names of those volumes
 * @param sharesClaim whether one of them is a claim that all Pods of the object name
 * @param driverNames the CSI driver of each, if it is known
 * @param unfencedDriver a driver that is known not to attach its volumes
 * @param writers the containers that mount one of those volumes and may have probes
 */
public record SingleWriterPod(
    ObjectFacts object,
    PodTemplate template,
    PodAnnotations annotations,
    Set<String> volumes,
    boolean sharesClaim,
    List<Optional<String>> driverNames,
    Optional<CsiDriver> unfencedDriver,
    List<Container> writers) {

  public SingleWriterPod {
    volumes = Set.copyOf(volumes);
    driverNames = List.copyOf(driverNames);
    writers = List.copyOf(writers);
  }

  /** Returns the containers of a template that mount one of these volumes and may have probes. */
  static List<Container> writers(PodTemplate template, Set<String> volumes) {
    return template.containers().stream()
        .filter(container -> container.role() != Container.Role.INIT)
        .filter(container -> container.volumes().stream().anyMatch(volumes::contains))
        .toList();
  }
}
