package io.rwopguard.testing.migration;

/** Manifests of claims and their consumers, whose migration is refused for some of them. */
public final class RefusalManifests {

  public static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: refusals-%1$s}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Delete
        csi: {driver: rbd.csi.ceph.com, volumeHandle: refusals-%1$s}
        claimRef: {namespace: refusals, name: %2$s}
      """;

  public static final String SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %1$s, labels: {app.kubernetes.io/instance: shop}}
      spec:
        serviceName: %1$s
        selector: {matchLabels: {app: %1$s}}
        template:
          metadata: {labels: {app: %1$s}}
          spec: {containers: [{name: db, image: db}]}
        volumeClaimTemplates:
          - metadata: {name: data}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: ""
              resources: {requests: {storage: 1Gi}}
      """;

  public static final String USES =
      "{containers: [{name: c, image: c}], restartPolicy: %s, volumes: [{name: v, persistentVolumeClaim: {claimName: %s}}]}";

  public static final String CONSUMERS =
      """
      apiVersion: batch/v1
      kind: CronJob
      metadata: {name: backup}
      spec: {schedule: "0 3 * * *", suspend: true, jobTemplate: {spec: {template: {spec: %1$s}}}}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: %3$s-1}
      spec: %2$s
      ---
      apiVersion: keda.sh/v1alpha1
      kind: ScaledObject
      metadata: {name: queue, annotations: {autoscaling.keda.sh/paused-replicas: "1"}}
      spec: {scaleTargetRef: {kind: StatefulSet, name: %3$s}}
      ---
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshot
      metadata: {name: nightly}
      spec: {source: {persistentVolumeClaimName: %4$s}}
      status: {readyToUse: false}
      """;

  public static final String REVISION =
      """
      apiVersion: apps/v1
      kind: ReplicaSet
      metadata:
        name: %1$s
        ownerReferences: [{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: wiki, uid: %3$s, controller: true}]
      spec:
        replicas: %2$s
        selector: {matchLabels: {app: %1$s}}
        template: {metadata: {labels: {app: %1$s}}, spec: %4$s}
      """;

  public static final String AUTOSCALER =
      """
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: {name: %1$s}
      spec:
        minReplicas: 1
        maxReplicas: 3
        scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: %1$s}
      """;

  private RefusalManifests() {}
}
