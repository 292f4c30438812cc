package io.rwopguard.testing.manifests;

/** Manifests of workloads whose Pods are labelled with the claim they use. */
public final class Workloads {

  private static final String TEMPLATE =
      """
        template:
          metadata: {labels: {app: %1$s}}
          spec:
            containers:
              - name: db
                image: db
                ports: [{containerPort: 5432}]
                volumeMounts: [{name: data, mountPath: /data}]
            volumes: [{name: data, persistentVolumeClaim: {claimName: %1$s}}]
      """;
  private static final String ENDING_TEMPLATE =
      TEMPLATE.replace("spec:", "spec:\n      restartPolicy: Never");
  private static final String WORKLOAD =
      """
      apiVersion: apps/v1
      kind: %2$s
      metadata: {name: %1$s}
      spec:
        %3$s
        selector: {matchLabels: {app: %1$s}}
      """
          + TEMPLATE;
  private static final String JOB =
      """
      apiVersion: batch/v1
      kind: Job
      metadata: {name: %2$s}
      spec:
      """
          + ENDING_TEMPLATE;
  private static final String CRON_JOB =
      """
      apiVersion: batch/v1
      kind: CronJob
      metadata: {name: %1$s}
      spec:
        schedule: "0 0 1 1 *"
        jobTemplate:
          spec:
      """
          + ENDING_TEMPLATE.indent(4);

  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: %s}
      spec:
        containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
      """;

  private Workloads() {}

  public static String pod(String name, String claim) {
    return POD.formatted(name, claim);
  }

  /** Returns a workload that runs permanently, on the claim of the same name. */
  public static String of(String kind, String name, String extra) {
    return WORKLOAD.formatted(name, kind, extra);
  }

  public static String job(String name, String claim) {
    return JOB.formatted(claim, name);
  }

  /** Returns a workload that does not run automatically, on the claim of the same name. */
  public static String cronJob(String name) {
    return CRON_JOB.formatted(name);
  }
}
