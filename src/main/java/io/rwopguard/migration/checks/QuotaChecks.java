package io.rwopguard.migration.checks;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.model.KubeObject;
import java.util.ArrayList;
import java.util.List;

/** Finds exceeded quotas, with which an object could be deleted but not recreated. */
final class QuotaChecks {

  private static final String SETS = "count/statefulsets.apps";

  private QuotaChecks() {}

  /** Lists the exceeded quotas that count the claims, or the StatefulSet, of a unit. */
  static List<String> problems(MigrationScope unit, List<JsonNode> quotas) {
    List<String> problems = new ArrayList<>();
    for (JsonNode quota : quotas) {
      JsonNode status = KubeObject.of(quota).status();
      for (var hard : status.path("hard").properties()) {
        String name = hard.getKey();
        boolean concerns =
            name.endsWith("persistentvolumeclaims")
                || name.endsWith("requests.storage")
                || (name.equals(SETS) && !unit.template().isEmpty());
        if (concerns
            && Quantities.isMore(
                status.path("used").path(name).asText("0"), hard.getValue().asText())) {
          problems.add(
              "quota %s of namespace %s is exceeded for %s, so a deleted %s could not be recreated. Raise the quota first."
                  .formatted(
                      MigrationContext.nameOf(quota),
                      unit.claims().get(0).key().namespace(),
                      name,
                      name.equals(SETS) ? "StatefulSet" : "claim"));
        }
      }
    }
    return problems;
  }
}
