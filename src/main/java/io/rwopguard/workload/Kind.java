package io.rwopguard.workload;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The kinds that rwop-guard reads, and where each keeps its pod template. */
public enum Kind {
  PERSISTENT_VOLUME("", "PersistentVolume"),
  PERSISTENT_VOLUME_CLAIM("", "PersistentVolumeClaim"),
  POD("", "Pod", List.of()),
  POD_TEMPLATE("", "PodTemplate", List.of("template")),
  REPLICATION_CONTROLLER("", "ReplicationController", List.of("spec", "template")),
  DEPLOYMENT("apps", "Deployment", List.of("spec", "template")),
  REPLICA_SET("apps", "ReplicaSet", List.of("spec", "template")),
  STATEFUL_SET("apps", "StatefulSet", List.of("spec", "template")),
  DAEMON_SET("apps", "DaemonSet", List.of("spec", "template")),
  JOB("batch", "Job", List.of("spec", "template")),
  CRON_JOB("batch", "CronJob", List.of("spec", "jobTemplate", "spec", "template")),
  HORIZONTAL_POD_AUTOSCALER("autoscaling", "HorizontalPodAutoscaler"),
  /** What {@code kubectl scale} sends, to the {@code scale} subresource of a workload. */
  SCALE("autoscaling", "Scale");

  private final String group;
  private final String kindName;

  @SuppressWarnings("ImmutableEnumChecker") // only ever List.of(...)
  private final Optional<List<String>> podTemplateFields;

  Kind(String group, String kindName) {
    this.group = group;
    this.kindName = kindName;
    this.podTemplateFields = Optional.empty();
  }

  Kind(String group, String kindName, List<String> podTemplateFields) {
    this.group = group;
    this.kindName = kindName;
    this.podTemplateFields = Optional.of(podTemplateFields);
  }

  /**
   * The kind of this API group and name, whatever its version; empty for one that rwop-guard does
   * not read.
   */
  public static Optional<Kind> of(String group, String kindName) {
    for (Kind kind : values()) {
      if (kind.kindName.equals(kindName) && kind.group.equals(group)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** The API group in an {@code apiVersion}; empty for the core one. */
  static String groupOf(String apiVersion) {
    int slash = apiVersion.indexOf('/');
    return slash < 0 ? "" : apiVersion.substring(0, slash);
  }

  /** The kind whose objects have this place in the API's paths, such as {@code deployments}. */
  public static Optional<Kind> ofResource(String group, String plural) {
    for (Kind kind : values()) {
      if (kind.plural().equals(plural) && kind.group.equals(group)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** The API group; empty for the core one. */
  public String group() {
    return group;
  }

  /** The name in the API's paths and in RBAC rules: deployments. */
  public String plural() {
    return kindName.toLowerCase(Locale.ROOT) + "s";
  }

  /** The name as it stands in a manifest's {@code kind}. */
  public String kindName() {
    return kindName;
  }

  /**
   * The fields that lead to a Pod's metadata and spec, for kinds that have them; none for the Pod
   * itself.
   */
  Optional<List<String>> podTemplateFields() {
    return podTemplateFields;
  }
}
