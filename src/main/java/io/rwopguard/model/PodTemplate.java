package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * The template of the Pods that an object creates; for a Pod, the Pod itself.
 *
 * @param path the place of the template in the object
 * @param json the object that contains the Pod's metadata and spec, as it was sent
 * @param spec the pod spec in it
 * @param annotations the annotations of the Pod, not of the object around it
 * @param volumes the volumes with a claim, including those of a StatefulSet's claim templates
 * @param containers main and init containers, in the order of the spec, init containers first
 */
public record PodTemplate(
    FieldPath path,
    JsonNode json,
    JsonNode spec,
    Map<String, String> annotations,
    List<PodVolume> volumes,
    List<Container> containers) {

  /** The field of the grace period in a pod spec, and in a probe. */
  public static final String GRACE_PERIOD = "terminationGracePeriodSeconds";

  /** The default grace period of the API server, in seconds. */
  public static final long DEFAULT_GRACE_PERIOD = 30;

  public PodTemplate {
    annotations = Map.copyOf(annotations);
    volumes = List.copyOf(volumes);
    containers = List.copyOf(containers);
  }

  /** Returns the path of the pod spec in the object. */
  public FieldPath specPath() {
    return path.field("spec");
  }

  /** Returns the path of its annotations in the object, set or not. */
  public FieldPath annotationsPath() {
    return path.field("metadata").field("annotations");
  }

  /** Returns the grace period in seconds; the API server's default if none is set. */
  public long gracePeriodSeconds() {
    return gracePeriodSeconds(spec);
  }

  /** Returns the same for another state of its spec. */
  public long gracePeriodSeconds(JsonNode spec) {
    return Json.longInteger(spec, specPath(), GRACE_PERIOD, DEFAULT_GRACE_PERIOD);
  }

  /**
   * Returns whether its containers are restarted whenever they end, as in a service and unlike in a
   * task.
   */
  public boolean restartsAlways() {
    return Json.text(spec, specPath(), "restartPolicy").orElse("Always").equals("Always");
  }
}
