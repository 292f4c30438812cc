package io.rwopguard.failover.fence;

import io.rwopguard.config.FenceScope;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The node, the boot of that node, and the volumes that a fence is asked for.
 *
 * @param node the name of the node
 * @param nodeUid the UID of the Node object
 * @param bootId the {@code status.nodeInfo.bootID} of the node; empty if it is unknown
 * @param renewTime the last {@code spec.renewTime} of the node's Lease
 * @param volumes the volumes that need a fence
 * @param namespace the namespace of the Pod that is failed over
 * @param pod the name of that Pod
 * @param podUid the UID of that Pod
 * @param addresses the known addresses of the node in this silence, if the fence blocks addresses
 */
public record FenceTarget(
    String node,
    String nodeUid,
    String bootId,
    String renewTime,
    List<FencedVolume> volumes,
    String namespace,
    String pod,
    String podUid,
    Set<NodeAddress> addresses) {

  /** Sorts the volumes, so that equal sets of volumes give equal keys. */
  public FenceTarget {
    volumes = volumes.stream().distinct().sorted(Comparator.comparing(FencedVolume::id)).toList();
    addresses = NodeAddress.union(addresses, Set.of());
  }

  /** Creates a target without known addresses. */
  public FenceTarget(
      String node,
      String nodeUid,
      String bootId,
      String renewTime,
      List<FencedVolume> volumes,
      String namespace,
      String pod,
      String podUid) {
    this(node, nodeUid, bootId, renewTime, volumes, namespace, pod, podUid, Set.of());
  }

  /** Returns the same target with other volumes. */
  public FenceTarget with(List<FencedVolume> other) {
    return new FenceTarget(
        node, nodeUid, bootId, renewTime, other, namespace, pod, podUid, addresses);
  }

  /** Returns the same target with these addresses in addition to its own. */
  FenceTarget with(Set<NodeAddress> found) {
    return new FenceTarget(
        node,
        nodeUid,
        bootId,
        renewTime,
        volumes,
        namespace,
        pod,
        podUid,
        NodeAddress.union(addresses, found));
  }

  /** Returns whether the other target is about the same silence of the same node. */
  boolean isOfSameSilence(FenceTarget other) {
    return node.equals(other.node)
        && nodeUid.equals(other.nodeUid)
        && bootId.equals(other.bootId)
        && renewTime.equals(other.renewTime);
  }

  /** Returns the target that a provider with this scope is asked for. */
  FenceTarget in(FenceScope scope) {
    return scope == FenceScope.VOLUMES
        ? this
        : new FenceTarget(node, nodeUid, bootId, renewTime, List.of(), "", "", "", addresses);
  }

  /**
   * Returns the key of a confirmation. A confirmation holds for one boot and one silence of the
   * node, and with scope {@code VOLUMES} for exactly these volumes. An unknown boot counts as a
   * separate boot.
   */
  public String key(FenceScope scope) {
    StringBuilder key = new StringBuilder();
    append(key, node);
    append(key, bootId);
    append(key, renewTime);
    if (scope == FenceScope.VOLUMES) {
      volumes.forEach(volume -> append(key, volume.id()));
    }
    return key.toString();
  }

  /** Appends a part after its length, so that no two lists of parts have the same key. */
  private static void append(StringBuilder key, String part) {
    key.append(part.length()).append(':').append(part);
  }
}
