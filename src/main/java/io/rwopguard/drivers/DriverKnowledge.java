package io.rwopguard.drivers;

import java.util.List;
import java.util.Optional;

/**
 * The statements about a storage driver. Each has its source.
 *
 * @param title the name that people use
 * @param names the names of its CSIDriver; a name that starts with {@code *.} matches every prefix
 * @param networkFence whether a NetworkFence of csi-addons can block a node
 * @param attaching whether the CSIDriver as shipped has {@code attachRequired: true}
 * @param revoking the action that revokes an unreachable node's access
 * @param stale whether a node that returns without a reboot may still have mounts or mapped devices
 * @param multiWriter whether the driver declares SINGLE_NODE_MULTI_WRITER
 * @param stall for how many seconds reads and writes may wait during an automatic failover of the
 *     storage; empty if nothing is known
 */
public record DriverKnowledge(
    String title,
    List<String> names,
    boolean networkFence,
    DriverStatement<Answer> attaching,
    DriverStatement<Revocation> revoking,
    DriverStatement<Answer> stale,
    DriverStatement<Answer> multiWriter,
    Optional<DriverStatement<Integer>> stall) {

  public DriverKnowledge {
    names = List.copyOf(names);
  }

  /** Returns whether the CSIDriver as shipped has {@code attachRequired: true}. */
  public Answer attachRequired() {
    return attaching.value();
  }

  /** Returns whether every version and installation ships the same {@code attachRequired}. */
  public boolean isAttachRequiredFixed() {
    return attaching.value() != Answer.UNKNOWN
        && attaching.since().isEmpty()
        && attaching.condition().isEmpty();
  }

  /** Returns the action that revokes an unreachable node's access. */
  public Revocation revocation() {
    return revoking.value();
  }

  /**
   * Returns whether a node that returns without a reboot may still have mounts or mapped devices.
   * If it may, it can run Pods again only after its boot ID has changed.
   */
  public Answer staleMappings() {
    return stale.value();
  }

  /**
   * Returns for how many seconds reads and writes may wait while the storage fails over; zero if
   * nothing is known.
   */
  public int storageFailoverSeconds() {
    return stall.map(DriverStatement::value).orElse(0);
  }

  /** Returns whether the driver declares SINGLE_NODE_MULTI_WRITER, which ReadWriteOncePod needs. */
  public Answer singleNodeMultiWriter() {
    return multiWriter.value();
  }
}
