package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/**
 * One container of a pod spec.
 *
 * @param path its place in the object
 * @param json the container as it was sent
 * @param role its role for the kubelet
 * @param volumes the names of the volumes it mounts, as a file system or as a block device
 */
public record Container(
    FieldPath path, String name, JsonNode json, Role role, Set<String> volumes) {

  /**
   * The role of a container for the kubelet, which decides on the probes that the API server
   * allows.
   */
  public enum Role {
    /** A container that runs as long as the Pod: any probe. */
    MAIN,
    /**
     * An init container with {@code restartPolicy: Always}: any probe; the next one starts after
     * its startup probe.
     */
    NATIVE_SIDECAR,
    /** An init container that runs to completion: no probe. */
    INIT
  }

  public Container {
    volumes = Set.copyOf(volumes);
  }

  /** Returns whether it has a hook that runs before it is stopped. */
  public boolean hasPreStopHook() {
    JsonNode lifecycle = Json.object(json, path, "lifecycle");
    return !Json.isUnset(lifecycle.path("preStop"));
  }

  /** Returns the seconds that its hook only sleeps; 0 if it does anything else. */
  public long preStopSleepSeconds() {
    return json.path("lifecycle").path("preStop").path("sleep").path("seconds").asLong();
  }
}
