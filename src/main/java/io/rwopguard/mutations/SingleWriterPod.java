package io.rwopguard.mutations;

import io.rwopguard.workload.Container;
import io.rwopguard.workload.PodTemplate;
import java.util.List;
import java.util.Set;

/**
 * A pod spec that uses at least one ReadWriteOncePod volume, as its author wrote it.
 *
 * @param volumes the names of those volumes
 */
public record SingleWriterPod(PodTemplate template, Set<String> volumes) {

  public SingleWriterPod {
    volumes = Set.copyOf(volumes);
  }

  /** The containers that mount one of those volumes and may have probes. */
  public List<Container> writers() {
    return template.containers().stream()
        .filter(container -> container.role() != Container.Role.INIT)
        .filter(container -> container.volumes().stream().anyMatch(volumes::contains))
        .toList();
  }

  /** Whether any container of the Pod is to do something before it is stopped. */
  public boolean hasPreStopHook() {
    return template.containers().stream().anyMatch(Container::hasPreStopHook);
  }
}
