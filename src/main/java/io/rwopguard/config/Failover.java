package io.rwopguard.config;

import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Settings of what happens to a Pod on a ReadWriteOncePod claim whose node has died. */
public interface Failover {

  /**
   * {@code off}; {@code observe}, which says what it would do and does nothing; or {@code enforce},
   * which acts in namespaces that are labelled {@code rwop-guard.io/failover: enabled}.
   */
  @WithDefault("off")
  FailoverMode mode();

  /**
   * The namespaces that failover is for: others count as not labelled, whatever their labels say.
   * Without it, all namespaces. The controller then watches claims, Pods and Leases of these
   * namespaces alone, and needs no rights in any other.
   */
  Optional<Set<String>> namespaces();

  /**
   * How long a node may be silent before it is suspected, if its Lease is for 40 seconds, which is
   * the kubelet's default; in proportion for another. A Lease of 40 seconds is renewed every ten.
   */
  @WithDefault("15s")
  Duration suspectAfter();

  /** How often everything is looked at, besides whatever the watches tell of. */
  @WithDefault("5s")
  Duration scanEvery();

  /** The Lease, in the service's own namespace, of the replica that acts. */
  @WithDefault("rwop-guard-failover")
  String lease();

  /** After how long another replica takes over from one that has died; from 6 to 20 seconds. */
  @WithDefault("6s")
  Duration leaseDuration();

  /**
   * How a volume is taken from a dead node: {@code pod-only} leaves it to Kubernetes, which waits
   * six minutes; {@code volume} takes it out of the node's {@code status.volumesInUse}; {@code
   * out-of-service} taints the node; {@code attachment} deletes the VolumeAttachment, which is
   * noticed within a minute.
   */
  @WithDefault("pod-only")
  VolumeRelease release();

  /** What is known of a CSI driver, by its name, which is put in quotes for its dots. */
  Map<String, Driver> drivers();

  /** Another way of release for the volumes of a StorageClass, by its name. */
  Map<String, StorageClass> storageClasses();

  /** When rather nothing is done. */
  Limits limits();

  /** When a node is being worked on. */
  Maintenance maintenance();

  /** The fencing agents, by a name of your choice. */
  Map<String, Fence> fences();

  /** The former settings of a single fence; each is refused with the name of its successor. */
  Map<String, String> fence();

  /** Pods that keep failing on a node that is fine. */
  FailingPods failingPods();

  /** What is known of a CSI driver. */
  interface Driver {

    /**
     * You state that the driver takes a node's access to a volume away when it is unpublished
     * there, also from a node that cannot be reached: a writer that is still alive gets errors.
     * Without this, or a fence, nothing is failed over.
     */
    @WithDefault("false")
    boolean revokesOnUnpublish();

    /** You state that the fence keeps a node from writing to this driver's volumes. */
    @WithDefault("false")
    boolean stoppedByFence();

    /**
     * How its volumes are taken from a dead node, instead of {@code rwop-guard.failover.release}.
     */
    Optional<VolumeRelease> release();

    /**
     * You know that your version of the driver takes access away although {@code
     * docs/reference/drivers.md} says that it does not. Without this, a {@code
     * revokes-on-unpublish} that contradicts what is known of the driver stops the service at
     * start.
     */
    @WithDefault("false")
    boolean againstKnownBehavior();
  }

  /** Another way of release for the volumes of a StorageClass. */
  interface StorageClass {

    /** How its volumes are taken from a dead node; this goes before the driver's. */
    Optional<VolumeRelease> release();
  }

  /** When rather nothing is done. */
  interface Limits {

    /**
     * The share of all nodes, in percent, that may be silent at a time; more is taken for trouble
     * of the cluster's or ours. One node is always few enough, unless it is the only one.
     */
    @WithDefault("34")
    int suspectPercent();

    /** The same for the nodes of one zone. */
    @WithDefault("55")
    int suspectPercentOfZone();

    /** Failovers of one Pod's claim in an hour. */
    @WithDefault("2")
    int ofWorkload();

    /** Failovers from one node in an hour. */
    @WithDefault("30")
    int ofNode();

    /** All failovers in an hour. */
    @WithDefault("60")
    int inAll();
  }

  /** When a node is being worked on. */
  interface Maintenance {

    /** Annotations that say so of a node, whatever their value. */
    @WithDefault("rwop-guard.io/maintenance,weave.works/kured-reboot-in-progress")
    Set<String> annotations();

    /** Taints by which others say that they take care of a node; {@code *} matches anything. */
    @WithDefault(
        "medik8s.io/*,remediation.medik8s.io/*,ToBeDeletedByClusterAutoscaler,karpenter.sh/disrupted")
    Set<String> takenCareOf();

    /** How long a node that was shutting down when it fell silent may take to come back. */
    @WithDefault("5m")
    Duration rebootWindow();

    /** How long a node that was failed over from has to be well until it takes Pods again. */
    @WithDefault("1m")
    Duration trustedAgainAfter();
  }

  /** Pods that keep failing on a node that is fine. */
  interface FailingPods {

    /** How long one has to fail until it is reported. */
    @WithDefault("5m")
    Duration reportAfter();

    /**
     * How long one that is annotated {@code rwop-guard.io/delete-when-failing: "true"} has to fail
     * until it is deleted, gracefully; twice as long each further time.
     */
    @WithDefault("10m")
    Duration deleteAfter();
  }
}
