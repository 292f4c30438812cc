package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.rwopguard.failover.FenceHook.Asked;
import io.rwopguard.failover.plan.FailoverPlanner;
import io.rwopguard.failover.plan.FailoverPlanner.Next;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverPlanner.Sight;
import io.rwopguard.failover.plan.FailoverPlanner.Volume;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverRecord.Target;
import io.rwopguard.failover.plan.OwnTaints;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sees how far a failover is, and carries out the step that is next. */
final class FailoverSteps {

  /**
   * What was seen, with the objects that a write is to be based on.
   *
   * @param node empty if it is gone
   * @param pod the one that is replaced, if it is still there
   */
  record Seen(Sight sight, Optional<JsonNode> node, Optional<JsonNode> pod) {}

  private static final JsonNode NOTHING = MissingNode.getInstance();

  private final FailoverObjects objects;
  private final Inventory inventory;
  private final Optional<? extends Fence> fence;

  FailoverSteps(FailoverObjects objects, Inventory inventory, Optional<? extends Fence> fence) {
    this.objects = objects;
    this.inventory = inventory;
    this.fence = fence;
  }

  /** Looks at the cluster, live. What has been done for good is not looked at again. */
  Seen look(FailoverRecord record) {
    Optional<JsonNode> node = objects.node(record.node());
    String renewTime = objects.nodeLease(record.node()).map(ClusterView::renewTime).orElse("");
    Optional<JsonNode> pod =
        record.has(Step.DELETED)
            ? Optional.empty()
            : objects
                .object(new ObjectKey(Kind.POD, record.claim().namespace(), record.pod()))
                .filter(json -> json.path("metadata").path("uid").asText().equals(record.uid()));
    Map<String, Volume> volumes = new HashMap<>();
    if (!record.has(Step.DETACHED)) {
      for (Target target : record.volumes()) {
        volumes.put(target.claim(), look(target, node));
      }
    }
    var taints = node.map(NodeReader::taints).orElse(List.of());
    Sight sight =
        new Sight(
            node.isPresent() && !renewTime.isEmpty() && !renewTime.equals(record.renewTime()),
            node.isEmpty(),
            taints.contains(OwnTaints.FAILED_OVER),
            taints.stream().anyMatch(t -> t.key().equals(OwnTaints.OUT_OF_SERVICE_KEY)),
            record.has(Step.FENCED),
            pod.map(FailoverSteps::oldPod).orElse(OldPod.GONE),
            volumes,
            successorRuns(record));
    return new Seen(sight, node, pod);
  }

  private Volume look(Target target, Optional<JsonNode> node) {
    if (target.attachment().isEmpty()) {
      return new Volume(false, false, false);
    }
    Optional<JsonNode> attachment = objects.attachment(target.attachment());
    boolean inUse = false;
    for (JsonNode each : node.map(n -> n.path("status").path("volumesInUse")).orElse(NOTHING)) {
      inUse |= each.asText().equals(target.inUse());
    }
    return new Volume(
        attachment.isPresent(),
        attachment.map(json -> json.path("metadata").hasNonNull("deletionTimestamp")).orElse(false),
        inUse);
  }

  private static OldPod oldPod(JsonNode pod) {
    JsonNode metadata = pod.path("metadata");
    boolean forced =
        metadata.hasNonNull("deletionTimestamp")
            && metadata.path("deletionGracePeriodSeconds").asLong(-1) == 0;
    return forced && !metadata.path("finalizers").isEmpty() ? OldPod.FINALIZED : OldPod.THERE;
  }

  private boolean successorRuns(FailoverRecord record) {
    return inventory.usersOf(record.claim()).stream()
        .filter(user -> user.key().kind() == Kind.POD)
        .flatMap(user -> user.place().stream())
        .anyMatch(
            place -> !place.uid().equals(record.uid()) && !place.beingDeleted() && place.ready());
  }

  /**
   * Does what is next.
   *
   * @return what was done, or why nothing could be; empty if it is to be tried again at once
   */
  Optional<String> act(Next next, FailoverRecord record, Seen seen, long now) {
    return switch (next.act()) {
      case TAINT ->
          objects.taint(seen.node().orElseThrow(), OwnTaints.FAILED_OVER)
              ? Optional.of("node %s takes no new Pods".formatted(record.node()))
              : Optional.empty();
      case FENCE -> fence(record, now);
      case DELETE -> delete(record, seen.pod().orElseThrow());
      case RELEASE -> release(next.target().orElseThrow(), record, seen.node().orElseThrow());
      case WAIT, FINISH, CALL_OFF -> Optional.of(next.why());
    };
  }

  /** Whether the fence has confirmed that the node writes nothing any more. */
  boolean isFenced(FailoverRecord record, long now) {
    return fence
        .map(hook -> hook.ask(record, now).answer() == FenceHook.Answer.FENCED)
        .orElse(false);
  }

  private Optional<String> fence(FailoverRecord record, long now) {
    Asked asked = fence.orElseThrow().ask(record, now);
    return Optional.of(
        switch (asked.answer()) {
          case FENCED -> "the fence has stopped node " + record.node();
          case PENDING ->
              asked.text().isEmpty()
                  ? "the fence is asked to stop node " + record.node()
                  : "the fence is asked again, since " + asked.text();
          case NOT_FENCED ->
              "the fence has not stopped node %s: %s".formatted(record.node(), asked.text());
        });
  }

  private Optional<String> delete(FailoverRecord record, JsonNode pod) {
    boolean deleted =
        objects.forceDelete(
            record.claim().namespace(),
            record.pod(),
            record.uid(),
            pod.path("metadata").path("resourceVersion").asText());
    return deleted ? Optional.of("its object is deleted") : Optional.empty();
  }

  private Optional<String> release(Target target, FailoverRecord record, JsonNode node) {
    boolean done =
        switch (target.release()) {
          case VOLUME -> objects.takeFromNode(node, target.inUse());
          case OUT_OF_SERVICE -> objects.taint(node, OwnTaints.OUT_OF_SERVICE);
          case ATTACHMENT ->
              objects
                  .attachment(target.attachment())
                  .map(
                      attachment ->
                          objects.deleteAttachment(
                              target.attachment(),
                              attachment.path("metadata").path("uid").asText()))
                  .orElse(true);
          case POD_ONLY -> true;
        };
    return done
        ? Optional.of(
            "the volume of claim %s is taken from node %s (%s)"
                .formatted(target.claim(), record.node(), target.release()))
        : Optional.empty();
  }

  /** The next step of what was seen. */
  static Next next(FailoverRecord record, Seen seen) {
    return FailoverPlanner.next(record, seen.sight());
  }
}
