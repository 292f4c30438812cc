package io.rwopguard.failover.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.VolumeRelease;
import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A failover that has been begun, as it is kept on the Lease of its claim, so that whoever leads
 * next can go on with it. What is still to be done is not kept: that is seen on the cluster.
 *
 * @param claim whose Lease keeps it
 * @param uid of the Pod that is replaced
 * @param workload that the Pod is one of
 * @param renewTime what the node's Lease said last
 * @param byHand who said that the node is down; empty if nobody had to
 * @param times when each step was seen to be done, by the clock of the replica that led
 */
public record FailoverRecord(
    ClaimKey claim,
    String node,
    String pod,
    String uid,
    Optional<ObjectKey> workload,
    String renewTime,
    String byHand,
    List<Target> volumes,
    Map<Step, Instant> times) {

  private static final JsonMapper JSON = new JsonMapper();

  /** The steps, in their order. */
  public enum Step {
    /** The node's last sign of life. */
    SILENT,
    DECIDED,
    TAINTED,
    FENCED,
    DELETED,
    RELEASED,
    DETACHED,
    RUNNING;

    private String field() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A volume that the Pod leaves behind.
   *
   * @param inUse its name in the node's {@code status.volumesInUse}
   * @param attachment the VolumeAttachment's name; empty if its driver attaches nothing
   * @param fence whether the fence has to confirm first
   */
  public record Target(
      String claim, String inUse, String attachment, VolumeRelease release, boolean fence) {}

  public FailoverRecord {
    volumes = List.copyOf(volumes);
    times = Map.copyOf(times);
  }

  /** The same with one more step done. */
  public FailoverRecord with(Step step, Instant at) {
    if (times.containsKey(step)) {
      return this;
    }
    Map<Step, Instant> more = new EnumMap<>(Step.class);
    more.putAll(times);
    more.put(step, at);
    return new FailoverRecord(claim, node, pod, uid, workload, renewTime, byHand, volumes, more);
  }

  /** Whether a step is known to be done. */
  public boolean has(Step step) {
    return times.containsKey(step);
  }

  /** Whether a fence has to confirm. */
  public boolean needsFence() {
    return volumes.stream().anyMatch(Target::fence);
  }

  /** Written to an annotation. */
  public String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("node", node).put("pod", pod).put("uid", uid).put("renewTime", renewTime);
    workload.ifPresent(
        key -> json.put("workloadKind", key.kind().name()).put("workload", key.name()));
    if (!byHand.isEmpty()) {
      json.put("byHand", byHand);
    }
    var written = json.putArray("volumes");
    for (Target volume : volumes) {
      written
          .addObject()
          .put("claim", volume.claim())
          .put("inUse", volume.inUse())
          .put("attachment", volume.attachment())
          .put("release", volume.release().name())
          .put("fence", volume.fence());
    }
    json.set("times", timeline());
    return json.toString();
  }

  /** When each step was done, in their order. */
  public ObjectNode timeline() {
    ObjectNode json = JSON.createObjectNode();
    for (Step step : Step.values()) {
      if (times.containsKey(step)) {
        json.put(step.field(), times.get(step).toString());
      }
    }
    return json;
  }

  /** Read from the annotation of this claim's Lease; empty if somebody else wrote it. */
  public static Optional<FailoverRecord> parse(ClaimKey claim, String text) {
    try {
      JsonNode json = JSON.readTree(text);
      List<Target> volumes = new ArrayList<>();
      for (JsonNode volume : json.path("volumes")) {
        volumes.add(
            new Target(
                volume.path("claim").asText(),
                volume.path("inUse").asText(),
                volume.path("attachment").asText(),
                VolumeRelease.valueOf(volume.path("release").asText()),
                volume.path("fence").asBoolean()));
      }
      Map<Step, Instant> times = new EnumMap<>(Step.class);
      for (Step step : Step.values()) {
        JsonNode at = json.path("times").path(step.field());
        if (at.isTextual()) {
          times.put(step, Instant.parse(at.asText()));
        }
      }
      FailoverRecord read =
          new FailoverRecord(
              claim,
              json.path("node").asText(),
              json.path("pod").asText(),
              json.path("uid").asText(),
              json.has("workload")
                  ? Optional.of(
                      new ObjectKey(
                          Kind.valueOf(json.path("workloadKind").asText()),
                          claim.namespace(),
                          json.path("workload").asText()))
                  : Optional.empty(),
              json.path("renewTime").asText(),
              json.path("byHand").asText(),
              volumes,
              times);
      return read.node().isEmpty() || read.uid().isEmpty() ? Optional.empty() : Optional.of(read);
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }
}
