package io.rwopguard.testing.manifests;

import io.rwopguard.testing.apiserver.InstalledService;
import java.util.List;

/** The traps of ReadWriteOncePod as manifests, each with what makes it innocent. */
public final class RuleScenarios {

  /**
   * A trap.
   *
   * @param rule what finds it
   * @param denied whether it is refused, and not only warned of
   * @param kind as kubectl names it
   * @param manifest the trap
   * @param innocent the same object without it
   * @param patch what turns the innocent object into the trap; empty if nothing can
   */
  public record Trap(
      String rule,
      boolean denied,
      String kind,
      String name,
      String manifest,
      String innocent,
      String patch) {

    @Override
    public String toString() {
      return rule + ", " + kind;
    }
  }

  public static final String TO_EXCLUSIVE = "{\"spec\":{\"accessModes\":[\"ReadWriteOncePod\"]}}";

  /** Claims that are ReadWriteOncePod and have no consumer, unless something else says so. */
  public static final List<String> CLAIMS =
      List.of("free", "taken", "held", "scaled", "contested", "hooked", "rolling", "bypass");

  /** Classes and drivers that the traps need. */
  public static final String STORAGE =
      """
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: in-tree}
      provisioner: kubernetes.io/rbd
      ---
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: csi}
      provisioner: csi.example.org
      ---
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: unfenced}
      provisioner: unfenced.example.org
      ---
      apiVersion: storage.k8s.io/v1
      kind: CSIDriver
      metadata: {name: unfenced.example.org}
      spec: {attachRequired: false}
      """;

  private static final String RECREATE = "strategy: {type: Recreate}";
  private static final String TEMPLATE_PATCH = "{\"spec\":{\"template\":{\"spec\":{%s}}}}";

  private static final String AUTOSCALER =
      """
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: {name: autoscaled}
      spec:
        maxReplicas: %d
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: scaled}
      """;
  private static final String CLAIM_OF_CLASS =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: of-a-class}
      spec:
        accessModes: [ReadWriteOncePod]
        storageClassName: %s
        resources: {requests: {storage: 1Gi}}
      """;
  private static final String EPHEMERAL =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: ephemeral}
      spec:
        terminationGracePeriodSeconds: %d
        containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
        volumes:
          - name: data
            ephemeral:
              volumeClaimTemplate:
                spec:
                  accessModes: [ReadWriteOncePod]
                  storageClassName: unfenced
                  resources: {requests: {storage: 1Gi}}
      """;

  private RuleScenarios() {}

  public static String toClaim(String claim) {
    return TEMPLATE_PATCH.formatted(
        "\"volumes\":[{\"name\":\"data\",\"persistentVolumeClaim\":{\"claimName\":\"%s\"}}]"
            .formatted(claim));
  }

  private static Trap workload(
      String rule, boolean denied, String kind, String trap, String innocent, String patch) {
    String name = trap.replaceFirst("(?s).*metadata: \\{name: ([^,}]*).*", "$1");
    return new Trap(rule, denied, kind, name, trap, innocent, patch);
  }

  /** A Deployment with this in its pod spec. */
  private static String with(String podSpec, String claim) {
    return Workloads.of("Deployment", claim, RECREATE)
        .replace(
            "    spec:\n      containers", "    spec:\n      " + podSpec + "\n      containers");
  }

  private static String annotated(String grace) {
    String labels = "metadata: {labels: {app: free}";
    return Workloads.of("Deployment", "free", RECREATE)
        .replace(labels, labels + ", annotations: {rwop-guard.io/grace: %s}".formatted(grace));
  }

  private static Trap volume(boolean denied, String metadata) {
    String manifest =
        InstalledService.VOLUME
            .formatted("on-a-path", "%s", "hostPath: {path: /data}")
            // too small for the claims that other classes left: one that is bound is not deleted
            .replace("storage: 1Gi", "storage: 1Mi")
            .replace("{name: on-a-path}", "{name: on-a-path%s}".formatted(metadata));
    return new Trap(
        "csi-only",
        denied,
        "pv",
        "on-a-path",
        manifest.formatted("ReadWriteOncePod"),
        manifest.formatted("ReadWriteOnce"),
        TO_EXCLUSIVE);
  }

  public static List<Trap> all() {
    String hook = "name: db\n          lifecycle: {preStop: {exec: {command: [sync]}}}";
    return List.of(
        volume(true, ""),
        volume(false, ", annotations: {pv.kubernetes.io/provisioned-by: example.org/path}"),
        new Trap(
            "csi-only",
            false,
            "pvc",
            "of-a-class",
            CLAIM_OF_CLASS.formatted("in-tree"),
            CLAIM_OF_CLASS.formatted("csi"),
            ""),
        workload(
            "single-consumer",
            true,
            "deployment",
            Workloads.of("Deployment", "free", "replicas: 2\n  " + RECREATE),
            Workloads.of("Deployment", "free", RECREATE),
            "{\"spec\":{\"replicas\":2}}"),
        workload(
            "single-consumer",
            true,
            "statefulset",
            Workloads.of("StatefulSet", "free", "replicas: 2"),
            Workloads.of("StatefulSet", "free", "replicas: 1"),
            "{\"spec\":{\"replicas\":3}}"),
        workload(
            "single-consumer",
            true,
            "replicaset",
            Workloads.of("ReplicaSet", "free", "replicas: 2"),
            Workloads.of("ReplicaSet", "free", "replicas: 1"),
            "{\"spec\":{\"replicas\":2}}"),
        workload(
            "single-consumer",
            true,
            "daemonset",
            Workloads.of("DaemonSet", "free", "minReadySeconds: 0"),
            with("nodeSelector: {kubernetes.io/hostname: played}", "free")
                .replace("Deployment", "DaemonSet")
                .replace(RECREATE, "minReadySeconds: 0"),
            TEMPLATE_PATCH.formatted("\"nodeSelector\":null")),
        workload(
            "single-consumer",
            false,
            "job",
            Workloads.job("parallel", "taken")
                .replace(
                    "spec:\n  template", "spec:\n  completions: 4\n  parallelism: 2\n  template"),
            Workloads.job("parallel", "taken"),
            ""),
        new Trap(
            "autoscaled",
            true,
            "hpa",
            "autoscaled",
            AUTOSCALER.formatted(2),
            AUTOSCALER.formatted(1),
            "{\"spec\":{\"maxReplicas\":5}}"),
        workload(
            "claim-in-use",
            false,
            "statefulset",
            Workloads.of("StatefulSet", "held", "replicas: 1"),
            Workloads.of("StatefulSet", "held", "replicas: 0"),
            "{\"spec\":{\"replicas\":1}}"),
        workload(
            "claim-in-use",
            false,
            "pod",
            Workloads.pod("visitor", "held"),
            Workloads.pod("visitor", "taken"),
            ""),
        workload(
            "rolling-update-deadlock",
            false,
            "deployment",
            Workloads.of("Deployment", "rolling", "strategy: {type: RollingUpdate}"),
            Workloads.of("Deployment", "rolling", RECREATE),
            "{\"spec\":{\"strategy\":{\"type\":\"RollingUpdate\"}}}"),
        workload(
            "half-migrated",
            false,
            "deployment",
            Workloads.of("Deployment", "half", RECREATE),
            Workloads.of("Deployment", "half", RECREATE)
                .replace("claimName: half", "claimName: shared"),
            toClaim("half")),
        workload(
            "bypasses-scheduler",
            false,
            "deployment",
            with("nodeName: played", "bypass"),
            with("nodeSelector: {kubernetes.io/hostname: played}", "bypass"),
            TEMPLATE_PATCH.formatted("\"nodeName\":\"played\"")),
        workload(
            "unfenced-driver", false, "pod", EPHEMERAL.formatted(0), EPHEMERAL.formatted(1), ""),
        workload(
            "hook-cannot-run",
            false,
            "deployment",
            with("terminationGracePeriodSeconds: 0", "hooked").replace("name: db", hook),
            with("terminationGracePeriodSeconds: 9", "hooked").replace("name: db", hook),
            TEMPLATE_PATCH.formatted("\"terminationGracePeriodSeconds\":0")),
        workload(
            "annotation",
            true,
            "deployment",
            annotated("node"),
            annotated("probe"),
            "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"rwop-guard.io/grace\":\"x\"}}}}}"),
        workload(
            "claim-unknown",
            false,
            "deployment",
            Workloads.of("Deployment", "nowhere", RECREATE),
            Workloads.of("Deployment", "nowhere", RECREATE)
                .replace("claimName: nowhere", "claimName: free"),
            toClaim("nowhere")));
  }
}
