package io.rwopguard.migration.plan;

import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.ObjectKey;
import java.util.List;

/** The condition that a migration waits for, because another program fulfills it. */
public sealed interface Wait {

  /** Returns the condition in words, for {@code wait until ...}. */
  String text();

  /**
   * The Pods that use the claims have ended.
   *
   * @param pods the names of the Pods
   */
  record PodsEnded(List<String> pods) implements Wait {

    public PodsEnded {
      pods = List.copyOf(pods);
    }

    @Override
    public String text() {
      return "Pod %s has ended".formatted(String.join(", ", pods));
    }
  }

  /** No volume is attached to a node. */
  record Detached() implements Wait {

    @Override
    public String text() {
      return "the volume is detached from all nodes";
    }
  }

  /**
   * The controller of a StatefulSet acts on its current desired state.
   *
   * @param set the StatefulSet
   */
  record ChangeObserved(ObjectKey set) implements Wait {

    @Override
    public String text() {
      return "the controller of %s has observed its last change".formatted(set);
    }
  }

  /**
   * A node is Ready, so that its kubelet stops the containers of deleted Pods.
   *
   * @param node the name of the node
   */
  record NodeReady(String node) implements Wait {

    @Override
    public String text() {
      return "node %s is Ready: a Pod used the claims there, and only the kubelet knows whether its containers have terminated, because the driver does not attach"
          .formatted(node);
    }
  }

  /**
   * The time has passed in which the containers of deleted Pods may run.
   *
   * @param pods the names of the Pods
   */
  record ContainersEnded(List<String> pods) implements Wait {

    public ContainersEnded {
      pods = List.copyOf(pods);
    }

    @Override
    public String text() {
      return "the containers of %s have certainly ended (the driver does not attach, so no VolumeAttachment shows it)"
          .formatted(String.join(", ", pods));
    }
  }

  /**
   * The snapshot of a claim is ready.
   *
   * @param claim the claim
   * @param snapshot the name of the VolumeSnapshot
   */
  record SnapshotReady(ClaimKey claim, String snapshot) implements Wait {

    @Override
    public String text() {
      return "the snapshot of claim %s is ready".formatted(claim);
    }
  }

  /**
   * A claim is deleted.
   *
   * @param claim the claim
   */
  record ClaimDeleted(ClaimKey claim) implements Wait {

    @Override
    public String text() {
      return "claim %s is deleted".formatted(claim);
    }
  }

  /**
   * A claim is bound.
   *
   * @param claim the claim
   */
  record ClaimBound(ClaimKey claim) implements Wait {

    @Override
    public String text() {
      return "claim %s is bound".formatted(claim);
    }
  }

  /**
   * The workload is deleted.
   *
   * @param workload the workload
   */
  record WorkloadDeleted(ObjectKey workload) implements Wait {

    @Override
    public String text() {
      return "%s is deleted".formatted(workload);
    }
  }
}
