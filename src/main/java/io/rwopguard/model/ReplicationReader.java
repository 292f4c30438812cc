package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Reads the number of Pods that an object runs at a time, and how it replaces them. */
final class ReplicationReader {

  /** The API server's default for both limits of a rolling update. */
  private static final String DEFAULT_LIMIT = "25%";

  private ReplicationReader() {}

  static Optional<ParallelPods> parallelPods(Kind kind, JsonNode spec, FieldPath specPath) {
    return switch (kind) {
      case DEPLOYMENT, REPLICA_SET, REPLICATION_CONTROLLER, STATEFUL_SET ->
          Optional.of(
              new ParallelPods(replicas(spec, specPath), specPath.field("replicas"), false));
      case DAEMON_SET ->
          Optional.of(new ParallelPods(ParallelPods.ONE_ON_EACH_NODE, specPath, false));
      case JOB -> Optional.of(job(spec, specPath));
      case CRON_JOB -> {
        JsonNode template = Json.object(spec, specPath, "jobTemplate");
        FieldPath templatePath = specPath.field("jobTemplate");
        JsonNode jobSpec = Json.object(template, templatePath, "spec");
        yield Optional.of(job(jobSpec, templatePath.field("spec")));
      }
      case HORIZONTAL_POD_AUTOSCALER ->
          Optional.of(
              new ParallelPods(
                  Json.integer(spec, specPath, "maxReplicas", 1),
                  specPath.field("maxReplicas"),
                  false));
      // a number that is omitted in a Scale is zero
      case SCALE ->
          Optional.of(
              new ParallelPods(
                  Json.integer(spec, specPath, "replicas", 0), specPath.field("replicas"), false));
      case PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, POD_TEMPLATE -> Optional.empty();
    };
  }

  static Optional<RollingUpdate> rollingUpdate(Kind kind, JsonNode spec, FieldPath specPath) {
    if (kind == Kind.DAEMON_SET) {
      return daemonSetUpdate(spec, specPath);
    }
    if (kind != Kind.DEPLOYMENT) {
      return Optional.empty();
    }
    JsonNode strategy = Json.object(spec, specPath, "strategy");
    FieldPath strategyPath = specPath.field("strategy");
    if (!Json.text(strategy, strategyPath, "type")
        .orElse("RollingUpdate")
        .equals("RollingUpdate")) {
      return Optional.empty();
    }
    JsonNode limits = Json.object(strategy, strategyPath, "rollingUpdate");
    return Optional.of(
        RollingUpdate.resolve(
            limit(limits.path("maxSurge")),
            limit(limits.path("maxUnavailable")),
            replicas(spec, specPath),
            strategyPath.field("rollingUpdate")));
  }

  /**
   * Returns the rolling update of a DaemonSet, which has either limit and not the other. By default
   * one Pod may be missing (k8s.io/api RollingUpdateDaemonSet).
   */
  private static Optional<RollingUpdate> daemonSetUpdate(JsonNode spec, FieldPath specPath) {
    JsonNode strategy = Json.object(spec, specPath, "updateStrategy");
    FieldPath path = specPath.field("updateStrategy");
    String type = Json.text(strategy, path, "type").orElse("RollingUpdate");
    JsonNode surge = Json.object(strategy, path, "rollingUpdate").path("maxSurge");
    String number = Json.isUnset(surge) ? "0" : surge.asText();
    boolean addsFirst = !number.equals("0") && !number.equals("0%");
    return type.equals("RollingUpdate")
        ? Optional.of(
            new RollingUpdate(addsFirst ? 0 : 1, path.field("rollingUpdate").field("maxSurge")))
        : Optional.empty();
  }

  /** Returns the workload that a HorizontalPodAutoscaler scales. */
  static Optional<ObjectKey> scaleTarget(String namespace, JsonNode spec, FieldPath specPath) {
    JsonNode target = Json.object(spec, specPath, "scaleTargetRef");
    FieldPath path = specPath.field("scaleTargetRef");
    String group = Kind.groupOf(Json.text(target, path, "apiVersion").orElse(""));
    String name = Json.text(target, path, "name").orElse("");
    return Json.text(target, path, "kind")
        .flatMap(kindName -> Kind.of(group, kindName))
        .map(kind -> new ObjectKey(kind, namespace, name));
  }

  /** Returns whether it runs no Pod, and will not until it is changed. */
  static boolean isIdle(Kind kind, JsonNode object, Optional<ParallelPods> pods) {
    if (pods.isPresent() && pods.get().count() == 0) {
      return true;
    }
    return switch (kind) {
      case POD -> {
        String phase = object.path("status").path("phase").asText();
        yield phase.equals("Succeeded") || phase.equals("Failed");
      }
      case JOB -> object.path("spec").path("suspend").asBoolean() || isFinished(object);
      case CRON_JOB -> object.path("spec").path("suspend").asBoolean();
      default -> false;
    };
  }

  private static boolean isFinished(JsonNode job) {
    for (JsonNode condition : job.path("status").path("conditions")) {
      String type = condition.path("type").asText();
      if (condition.path("status").asText().equals("True")
          && (type.equals("Complete") || type.equals("Failed"))) {
        return true;
      }
    }
    return false;
  }

  private static int replicas(JsonNode spec, FieldPath specPath) {
    return Json.integer(spec, specPath, "replicas", 1);
  }

  private static ParallelPods job(JsonNode spec, FieldPath specPath) {
    int parallelism = Json.integer(spec, specPath, "parallelism", 1);
    int completions = Json.integer(spec, specPath, "completions", parallelism);
    return new ParallelPods(
        Math.min(parallelism, completions), specPath.field("parallelism"), true);
  }

  private static String limit(JsonNode limit) {
    return Json.isUnset(limit) ? DEFAULT_LIMIT : limit.asText();
  }
}
