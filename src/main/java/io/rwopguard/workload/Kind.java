package io.rwopguard.workload;

import java.util.List;
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
  CRON_JOB("batch", "CronJob", List.of("spec", "jobTemplate", "spec", "template"));

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
