package io.rwopguard.model;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The kinds that rwop-guard reads, with the place of their pod templates. */
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
  /** The object that {@code kubectl scale} sends to the {@code scale} subresource of a workload. */
  SCALE("autoscaling", "Scale");

  private final String group;
  private final String kindName;

  @SuppressWarnings("ImmutableEnumChecker") // always an immutable List.of(...)
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
   * Returns the kind of this API group and name in any version; empty if rwop-guard does not read
   * it.
   */
  public static Optional<Kind> of(String group, String kindName) {
    for (Kind kind : values()) {
      if (kind.kindName.equals(kindName) && kind.group.equals(group)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** Returns the API group in an {@code apiVersion}; empty for the core group. */
  static String groupOf(String apiVersion) {
    int slash = apiVersion.indexOf('/');
    return slash < 0 ? "" : apiVersion.substring(0, slash);
  }

  /** Returns the kind with this plural name in the API's paths, such as {@code deployments}. */
  public static Optional<Kind> ofResource(String group, String plural) {
    for (Kind kind : values()) {
      if (kind.plural().equals(plural) && kind.group.equals(group)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** Returns the API group; empty for the core group. */
  public String group() {
    return group;
  }

  /** Returns the name in the API's paths and in RBAC rules: deployments. */
  public String plural() {
    return kindName.toLowerCase(Locale.ROOT) + "s";
  }

  /** Returns the name in a manifest's {@code kind}. */
  public String kindName() {
    return kindName;
  }

  /**
   * Returns the fields that lead to a Pod's metadata and spec, for kinds that have them; none for
   * the Pod itself.
   */
  Optional<List<String>> podTemplateFields() {
    return podTemplateFields;
  }
}
