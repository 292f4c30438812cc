package io.rwopguard.workload;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/**
 * One container of a pod spec.
 *
 * @param path where it stands in the object
 * @param json as it was sent
 * @param role what the kubelet does with it
 * @param volumes the names of the volumes it mounts, as a file system or as a block device
 */
public record Container(
    FieldPath path, String name, JsonNode json, Role role, Set<String> volumes) {

  /** What the kubelet does with a container, and so which probes the API server allows it. */
  public enum Role {
    /** Runs as long as the Pod: any probe. */
    MAIN,
    /**
     * An init container with {@code restartPolicy: Always}: any probe; the next one starts after
     * its startup probe.
     */
    NATIVE_SIDECAR,
    /** An init container that runs to its end: no probe. */
    INIT
  }

  public Container {
    volumes = Set.copyOf(volumes);
  }

  /** Whether it has a hook that runs before it is stopped. */
  public boolean hasPreStopHook() {
    JsonNode lifecycle = Json.object(json, path, "lifecycle");
    return !Json.isUnset(lifecycle.path("preStop"));
  }

  /** The seconds that its hook does nothing but wait; 0 if it is not of that kind. */
  public long preStopSleepSeconds() {
    return json.path("lifecycle").path("preStop").path("sleep").path("seconds").asLong();
  }
}
