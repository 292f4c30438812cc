package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.PodTemplate;
import io.rwopguard.workload.PodVolume;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The mutations, in the order in which they are applied, and which objects they are for. */
public final class MutationSet {

  /**
   * Jobs and CronJobs run to an end; a ReplicationController's Pods are mutated instead of its
   * template.
   */
  private static final Set<Kind> KINDS =
      EnumSet.of(Kind.POD, Kind.STATEFUL_SET, Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.DAEMON_SET);

  /** Set by the kubelet on the API server's picture of a static Pod, which nobody can change. */
  private static final String MIRROR_POD = "kubernetes.io/config.mirror";

  private final List<Mutation> mutations;

  public MutationSet(LivenessTarget target) {
    mutations =
        List.of(new LivenessMutation(target), new StartupMutation(target), new GraceMutation());
  }

  /** All mutations. */
  public List<Mutation> mutations() {
    return mutations;
  }

  /** Whether an object may be changed at all, whatever volumes it uses. */
  public static boolean concerns(ObjectFacts object) {
    return KINDS.contains(object.kind())
        && !object.beingDeleted()
        // a controller would see the difference and undo it for ever; its Pods are mutated instead
        && (object.kind() == Kind.POD || !object.hasController())
        && object.podTemplate().map(MutationSet::mayChange).orElse(false);
  }

  private static boolean mayChange(PodTemplate template) {
    return template.restartsAlways()
        && !template.volumes().isEmpty()
        && !template.annotations().containsKey(MIRROR_POD);
  }

  /** Applies all mutations to an object that they concern. */
  public Draft apply(ObjectFacts object, JsonNode json, Inventory inventory) {
    Draft draft = new Draft(json);
    PodTemplate template = object.podTemplate().orElseThrow();
    Set<String> volumes = new HashSet<>();
    for (PodVolume volume : template.volumes()) {
      switch (SingleWriter.of(volume, object.namespace(), inventory)) {
        case YES -> volumes.add(volume.name());
        case UNKNOWN ->
            draft.warn(
                "volume %s: its claim could not be looked up, so no probe or grace period was set for it"
                    .formatted(volume.name()));
        case NO, NO_CLAIM_YET -> {}
      }
    }
    if (!volumes.isEmpty()) {
      SingleWriterPod pod = new SingleWriterPod(template, volumes);
      mutations.forEach(mutation -> mutation.apply(pod, draft));
    }
    return draft;
  }
}
