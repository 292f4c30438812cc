package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaChecksTest {

  private static List<String> problems(String objects, String name, String hard, String used) {
    WrittenCluster cluster =
        WrittenCluster.of(
            objects,
            "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: limits}\nstatus: {hard: {%1$s: %2$s}, used: {%1$s: %3$s}}"
                .formatted(name, hard, used));
    return QuotaChecks.problems(cluster.unit(), cluster.around().quotas());
  }

  @ParameterizedTest
  @CsvSource({
    "persistentvolumeclaims, 3, 4",
    "count/persistentvolumeclaims, 3, 4",
    "requests.storage, 10Gi, 11Gi",
    "gold.storageclass.storage.k8s.io/requests.storage, 10Gi, 11Gi",
    "count/statefulsets.apps, 1, 2"
  })
  void an_exceeded_quota_would_keep_the_new_object_away(String name, String hard, String used) {
    assertThat(problems(DATABASE, name, hard, used))
        .singleElement()
        .asString()
        .contains("quota limits of namespace shop is exceeded for " + name);
    assertThat(problems(DATABASE, name, hard, hard)).isEmpty();
  }

  @Test
  void other_quotas_and_those_of_sets_for_a_plain_claim_are_of_no_interest() {
    assertThat(problems(DATABASE, "pods", "1", "2")).isEmpty();
    assertThat(problems(claim("data"), "count/statefulsets.apps", "1", "2")).isEmpty();
  }
}
