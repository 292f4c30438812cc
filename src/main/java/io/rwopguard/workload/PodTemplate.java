package io.rwopguard.workload;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * What an object says of the Pods it makes; for a Pod, the Pod itself.
 *
 * @param path where the template stands in the object
 * @param json the object that holds the Pod's metadata and spec, as it was sent
 * @param spec the pod spec in it
 * @param annotations of the Pod, not of the object around it
 * @param volumes those that are backed by a claim, a StatefulSet's claim templates among them
 * @param containers main and init containers, in the order of the spec, init containers first
 */
public record PodTemplate(
    FieldPath path,
    JsonNode json,
    JsonNode spec,
    Map<String, String> annotations,
    List<PodVolume> volumes,
    List<Container> containers) {

  /** The field of a pod spec, and of a probe, that says how long there is to stop. */
  public static final String GRACE_PERIOD = "terminationGracePeriodSeconds";

  /** The seconds that the API server gives a Pod that does not say. */
  public static final long DEFAULT_GRACE_PERIOD = 30;

  public PodTemplate {
    annotations = Map.copyOf(annotations);
    volumes = List.copyOf(volumes);
    containers = List.copyOf(containers);
  }

  /** Where the pod spec stands in the object. */
  public FieldPath specPath() {
    return path.field("spec");
  }

  /** Where its annotations stand in the object, or would. */
  public FieldPath annotationsPath() {
    return path.field("metadata").field("annotations");
  }

  /** The seconds that its containers have to stop; the API server's default where none is set. */
  public long gracePeriodSeconds() {
    return gracePeriodSeconds(spec);
  }

  /** The same for another state of its spec. */
  public long gracePeriodSeconds(JsonNode spec) {
    return Json.longInteger(spec, specPath(), GRACE_PERIOD, DEFAULT_GRACE_PERIOD);
  }

  /**
   * Whether its containers are restarted whenever they end, as those of a service are and those of
   * a task are not.
   */
  public boolean restartsAlways() {
    return Json.text(spec, specPath(), "restartPolicy").orElse("Always").equals("Always");
  }
}
