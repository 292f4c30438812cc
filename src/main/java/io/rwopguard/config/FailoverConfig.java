package io.rwopguard.config;

import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Settings of failover, which moves Pods on ReadWriteOncePod claims away from dead nodes. */
public interface FailoverConfig {

  /**
   * The mode of the failover controller: {@code off}; {@code observe}, which reports what it would
   * do and changes nothing; or {@code enforce}, which acts in namespaces with the label {@code
   * rwop-guard.io/failover: enabled}. It is {@code off} by default, since failover deletes Pods
   * whose kubelets do not answer.
   */
  @WithDefault("off")
  FailoverMode mode();

  /**
   * The namespaces in which failover may act; without it, all namespaces. Labels of other
   * namespaces have no effect. The controller then watches claims, Pods and Leases in these
   * namespaces only, and needs no rights in any other.
   */
  Optional<Set<String>> namespaces();

  /**
   * The time without a Lease renewal after which a node is suspect, for a Lease of 40 seconds, the
   * kubelet's default. For other Leases it is scaled in proportion. A kubelet renews a Lease of 40
   * seconds every 10 seconds, and the default allows 5 more.
   */
  @WithDefault("15s")
  Duration suspectAfter();

  /**
   * The interval between two scans of all Pods with claims. The controller evaluates late nodes in
   * between, too.
   */
  @WithDefault("5s")
  Duration scanInterval();

  /**
   * The Lease, in the service's own namespace, by which the replicas elect the leader. Only the
   * leader acts.
   */
  @WithDefault("rwop-guard-failover")
  String lease();

  /**
   * The time after which another replica takes over from a leader that has died, from 6 to 20
   * seconds. The default is the shortest: a write takes up to 2 seconds and has to end in the last
   * third of the Lease.
   */
  @WithDefault("6s")
  Duration leaseDuration();

  /**
   * The way to detach a volume from a dead node. {@code pod-only} leaves it to Kubernetes, which
   * waits six minutes. {@code volume} removes the volume from the node's {@code
   * status.volumesInUse}. {@code out-of-service} taints the node. {@code attachment} deletes the
   * VolumeAttachment, which Kubernetes notices within a minute.
   */
  @WithDefault("pod-only")
  VolumeRelease release();

  /** Statements about a CSI driver, by its name. Put the name in quotes, since it contains dots. */
  Map<String, Driver> drivers();

  /** Overrides for the volumes of a StorageClass, by its name. */
  Map<String, StorageClass> storageClasses();

  /** Safety limits. Failover is suspended while one of them is exceeded. */
  Limits limits();

  /** Settings for nodes that are under maintenance, or in the care of another controller. */
  Maintenance maintenance();

  /** The fencing agents, by names of your choice. */
  Map<String, FenceConfig> fences();

  /** The former settings of a single fence. The service refuses each and names its successor. */
  Map<String, String> fence();

  /** Settings for Pods that keep failing on a healthy node. */
  FailingPods failingPods();

  /** Statements about a CSI driver. */
  interface Driver {

    /**
     * States that the driver revokes a node's access to a volume when the volume is unpublished
     * there, also from a node that cannot be reached. A writer that is still alive then gets
     * errors. Without this statement or a fence, failover leaves Pods on the driver's volumes
     * alone. It is {@code false} by default, since rwop-guard cannot verify it.
     */
    @WithDefault("false")
    boolean revokesOnUnpublish();

    /**
     * States that a fence keeps a node from writing to this driver's volumes. One of {@code
     * rwop-guard.failover.fences} has to serve the driver.
     */
    @WithDefault("false")
    boolean stoppedByFence();

    /**
     * The way to detach this driver's volumes from a dead node, instead of {@code
     * rwop-guard.failover.release}.
     */
    Optional<VolumeRelease> release();

    /**
     * States that your version of the driver revokes access although {@code
     * docs/reference/drivers.md} says that it does not. Without this statement, the service does
     * not start with a {@code revokes-on-unpublish} that contradicts the known behavior of the
     * driver.
     */
    @WithDefault("false")
    boolean againstKnownBehavior();
  }

  /** Overrides for the volumes of a StorageClass. */
  interface StorageClass {

    /** The way to detach its volumes from a dead node. It takes precedence over the driver's. */
    Optional<VolumeRelease> release();
  }

  /** Safety limits. Failover is suspended while one of them is exceeded. */
  interface Limits {

    /**
     * The share of all nodes, in percent, that may be suspect at a time. Above it, failover is
     * suspended: the fault is probably in the control plane or network. A single suspect node is
     * always within the limit, unless it is the only node. The default allows a third of the nodes.
     */
    @WithDefault("34")
    int suspectPercent();

    /**
     * The share of the nodes of one zone, in percent, that may be suspect at a time. The default is
     * that of {@code --unhealthy-zone-threshold} of kube-controller-manager.
     */
    @WithDefault("55")
    int suspectPercentOfZone();

    /**
     * The number of failovers of one Pod's claim within an hour. Find the cause before you raise
     * it: another failover does not fix a Pod that fails over again and again.
     */
    @WithDefault("2")
    int maxPerClaimPerHour();

    /** The number of failovers from one node within an hour. */
    @WithDefault("30")
    int maxPerNodePerHour();

    /** The number of failovers in the whole cluster within an hour. */
    @WithDefault("60")
    int maxPerHour();
  }

  /** Settings for nodes that are under maintenance, or in the care of another controller. */
  interface Maintenance {

    /**
     * The annotations that mark a node as under maintenance, whatever their values. Only a manual
     * failover moves Pods from such a node.
     */
    @WithDefault("rwop-guard.io/maintenance,weave.works/kured-reboot-in-progress")
    Set<String> annotations();

    /**
     * The keys of taints by which another controller takes care of a node; {@code *} matches any
     * text. Failover leaves such a node to it.
     */
    @WithDefault(
        "medik8s.io/*,remediation.medik8s.io/*,ToBeDeletedByClusterAutoscaler,karpenter.sh/disrupted")
    Set<String> externalRemediationTaints();

    /**
     * The time within which a node may return that was shutting down when it stopped renewing its
     * Lease. Failover waits for the reboot until then.
     */
    @WithDefault("5m")
    Duration rebootWindow();

    /**
     * The time for which a node has to be healthy after a failover from it before it takes Pods
     * again. Use one minute or more: docs/concepts/safety.md has the reason.
     */
    @WithDefault("1m")
    Duration recoveryHoldOff();
  }

  /** Settings for Pods that keep failing on a healthy node. */
  interface FailingPods {

    /** The time for which a Pod has to keep failing before the controller reports it. */
    @WithDefault("5m")
    Duration reportAfter();

    /**
     * The time for which a Pod with the annotation {@code rwop-guard.io/delete-when-failing:
     * "true"} has to keep failing before the controller deletes it, gracefully. It doubles after
     * each deletion, up to 64 times this value.
     */
    @WithDefault("10m")
    Duration deleteAfter();
  }
}
