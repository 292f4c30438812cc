package io.rwopguard.migration.checks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.migration.scope.OwnerReference;
import io.rwopguard.model.KubeObject;
import io.rwopguard.model.ObjectKey;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the autoscalers of a workload: HorizontalPodAutoscalers and KEDA's ScaledObjects. A
 * HorizontalPodAutoscaler ignores a workload at 0 replicas unless it scales to 0 itself. KEDA
 * scales such a workload back up.
 */
final class Autoscalers {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions";
  private static final String PAUSED = "autoscaling.keda.sh/paused";
  private static final String PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas";

  private final MigrationScope unit;
  private final ObjectKey workload;
  private final MigrationContext around;

  /** Creates the checks for a unit that has a workload. */
  Autoscalers(MigrationScope unit, MigrationContext around) {
    this.unit = unit;
    this.workload = unit.workload().orElseThrow();
    this.around = around;
  }

  /** Lists the autoscalers that would scale the workload up, or to more than one Pod per claim. */
  List<String> problems() {
    return Stream.concat(
            scaledObjects().filter(object -> !isPaused(object)).map(this::running),
            autoscalers().flatMap(this::problem))
        .distinct()
        .toList();
  }

  /** Lists the autoscalers that do not act on the workload for now. */
  List<String> notes() {
    return Stream.concat(
            scaledObjects().filter(Autoscalers::isPaused).map(this::paused),
            autoscalers().filter(each -> problem(each).findAny().isEmpty()).map(this::atRest))
        .toList();
  }

  private Stream<JsonNode> autoscalers() {
    return around.autoscalers().stream().filter(this::scalesIt);
  }

  private Stream<JsonNode> scaledObjects() {
    return around.scaledObjects().orElse(List.of()).stream().filter(this::scalesIt);
  }

  private boolean scalesIt(JsonNode scaler) {
    JsonNode target = KubeObject.of(scaler).spec().path("scaleTargetRef");
    String version = target.path("apiVersion").asText("");
    String group = version.contains("/") ? version.substring(0, version.indexOf('/')) : "";
    return (version.isEmpty() || group.equals(workload.kind().group()))
        && target.path("kind").asText("Deployment").equals(workload.kind().kindName())
        && target.path("name").asText().equals(workload.name());
  }

  private Stream<String> problem(JsonNode autoscaler) {
    Optional<OwnerReference> scaledObject =
        OwnerReference.of(autoscaler).stream()
            .filter(owner -> owner.is("keda.sh", "ScaledObject"))
            .findFirst();
    if (scaledObject.isPresent()) {
      return Stream.of(running(scaledObject.get().name()));
    }
    String name = "HorizontalPodAutoscaler " + MigrationContext.nameOf(autoscaler);
    int most = KubeObject.of(autoscaler).spec().path("maxReplicas").asInt(1);
    if (startsFromZero(autoscaler)) {
      return Stream.of(
          "%s scales to 0 and back up, so it would scale %s up during the migration. Set its minReplicas to 1 and let it scale up once, or delete it until the migration is complete."
              .formatted(name, workload));
    }
    return unit.template().isEmpty() && most > 1
        ? Stream.of(
            "%s may scale %s to %d Pods that share one claim, but ReadWriteOncePod allows only one Pod. Set its maxReplicas to 1, or delete it."
                .formatted(name, workload, most))
        : Stream.empty();
  }

  /**
   * Returns whether an autoscaler acts at 0 replicas. It does with minReplicas 0, or after it has
   * scaled to 0 itself (podautoscaler/horizontal.go of Kubernetes 1.37).
   */
  private static boolean startsFromZero(JsonNode autoscaler) {
    if (KubeObject.of(autoscaler).spec().path("minReplicas").asInt(1) == 0) {
      return true;
    }
    String conditions = KubeObject.of(autoscaler).annotations().path(CONDITIONS).asText("[]");
    try {
      for (JsonNode condition : JSON.readTree(conditions)) {
        if (condition.path("type").asText().equals("ScaledToZero")
            && condition.path("status").asText().equals("True")) {
          return true;
        }
      }
      return false;
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private static boolean isPaused(JsonNode scaledObject) {
    JsonNode annotations = KubeObject.of(scaledObject).annotations();
    if (annotations.has(PAUSED_REPLICAS)) {
      // KEDA scales to this number when it reconciles the object again
      return annotations.path(PAUSED_REPLICAS).asText().equals("0");
    }
    return annotations.has(PAUSED) && !isFalse(annotations.path(PAUSED).asText());
  }

  /** Returns whether KEDA reads a value as false; it takes any value but a boolean for true. */
  private static boolean isFalse(String value) {
    return List.of("false", "False", "FALSE", "f", "F", "0").contains(value);
  }

  private String running(JsonNode scaledObject) {
    return running(MigrationContext.nameOf(scaledObject));
  }

  private String running(String scaledObject) {
    return "ScaledObject %s (KEDA) would scale %s back up during the migration. Pause it: kubectl annotate scaledobject %s -n %s --overwrite %s=true %s-"
        .formatted(
            scaledObject, workload, scaledObject, workload.namespace(), PAUSED, PAUSED_REPLICAS);
  }

  private String paused(JsonNode scaledObject) {
    String most =
        unit.template().isEmpty()
                && KubeObject.of(scaledObject).spec().path("maxReplicaCount").asInt(100) > 1
            ? ". Set its maxReplicaCount to 1 before you resume it, because ReadWriteOncePod allows only one Pod"
            : "";
    return "ScaledObject %s (KEDA) of %s is paused. To resume it after the migration, remove its annotations %s and %s%s"
        .formatted(MigrationContext.nameOf(scaledObject), workload, PAUSED, PAUSED_REPLICAS, most);
  }

  private String atRest(JsonNode autoscaler) {
    return "HorizontalPodAutoscaler %s ignores %s while it is at 0 replicas, and scales it again after the migration"
        .formatted(MigrationContext.nameOf(autoscaler), workload);
  }
}
