import java.util.List;

/**
 * What the service is asked while it trains, besides what the benchmark asks: each kind, good and
 * bad, and requests that cannot be read.
 */
final class Reviews {

  private static final String CONTAINER =
      """
      {"name":"db","image":"db","ports":[{"containerPort":5432}],"volumeMounts":[{"name":"data","mountPath":"/data"}],
       "readinessProbe":{"httpGet":{"path":"/","port":8080}},"livenessProbe":{"exec":{"command":["true"]},"periodSeconds":30}}
      """;

  /** A Pod's spec; the claim is one that the simulated cluster has. */
  private static final String POD =
      """
      {"containers":[%s],"terminationGracePeriodSeconds":30,
       "volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data"}},{"name":"tmp","emptyDir":{}}]}
      """
          .formatted(CONTAINER);

  private static final String TEMPLATE =
      "{\"metadata\":{\"labels\":{\"app\":\"db\"}},\"spec\":%s}".formatted(POD);

  private static final String ANNOTATED =
      """
      {"metadata":{"annotations":{"rwop-guard.io/liveness":"tcp:5432","rwop-guard.io/healthcheck-write":"alive",
        "rwop-guard.io/pre-stop":"sync","rwop-guard.io/grace":"probe"}},"spec":%s}
      """
          .formatted(POD);

  static final List<String> ALL =
      List.of(
          create(
              "",
              "v1",
              "PersistentVolume",
              "{\"accessModes\":[\"ReadWriteOncePod\"],\"csi\":{\"driver\":\"csi.example.com\"}}"),
          create(
              "",
              "v1",
              "PersistentVolume",
              "{\"accessModes\":[\"ReadWriteOncePod\"],\"hostPath\":{\"path\":\"/data\"}}"),
          create(
              "",
              "v1",
              "PersistentVolumeClaim",
              "{\"accessModes\":[\"ReadWriteOncePod\"],\"storageClassName\":\"fast\"}"),
          create(
              "",
              "v1",
              "PersistentVolumeClaim",
              "{\"accessModes\":[\"ReadWriteOncePod\",\"ReadWriteOnce\"]}"),
          create("", "v1", "Pod", POD),
          create("", "v1", "Pod", "{\"containers\":[{\"name\":\"web\",\"image\":\"web\"}]}"),
          create(
              "apps", "v1", "Deployment", "{\"replicas\":1,\"template\":%s}".formatted(TEMPLATE)),
          create(
              "apps", "v1", "Deployment", "{\"replicas\":3,\"template\":%s}".formatted(TEMPLATE)),
          create(
              "apps", "v1", "Deployment", "{\"replicas\":1,\"template\":%s}".formatted(ANNOTATED)),
          create(
              "apps",
              "v1",
              "StatefulSet",
              """
              {"replicas":1,"template":%s,
               "volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOncePod"]}}]}
              """
                  .formatted(TEMPLATE)),
          update(
              "apps",
              "v1",
              "StatefulSet",
              "{\"replicas\":1,\"template\":%s}".formatted(TEMPLATE),
              "{\"replicas\":1,\"template\":%s}".formatted(ANNOTATED)),
          create("apps", "v1", "DaemonSet", "{\"template\":%s}".formatted(TEMPLATE)),
          create(
              "batch",
              "v1",
              "Job",
              "{\"parallelism\":2,\"completions\":2,\"template\":%s}".formatted(TEMPLATE)),
          create(
              "batch",
              "v1",
              "CronJob",
              "{\"jobTemplate\":{\"spec\":{\"template\":%s}}}".formatted(TEMPLATE)),
          create(
              "autoscaling",
              "v2",
              "HorizontalPodAutoscaler",
              "{\"maxReplicas\":3,\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"other\"}}"),
          "{\"kind\":\"AdmissionReview\"}",
          "no JSON");

  private Reviews() {}

  private static String create(String group, String version, String kind, String spec) {
    return review(group, version, kind, "CREATE", object(kind, spec), "null");
  }

  private static String update(
      String group, String version, String kind, String before, String after) {
    return review(group, version, kind, "UPDATE", object(kind, after), object(kind, before));
  }

  private static String object(String kind, String spec) {
    return "{\"kind\":\"%s\",\"metadata\":{\"name\":\"training\",\"namespace\":\"shop\"},\"spec\":%s}"
        .formatted(kind, spec);
  }

  private static String review(
      String group,
      String version,
      String kind,
      String operation,
      String object,
      String oldObject) {
    return """
        {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"training","operation":"%s",
         "kind":{"group":"%s","version":"%s","kind":"%s"},"namespace":"shop","name":"training","object":%s,"oldObject":%s}}
        """
        .formatted(operation, group, version, kind, object, oldObject);
  }
}
