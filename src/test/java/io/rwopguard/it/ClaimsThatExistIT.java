package io.rwopguard.it;

import static io.rwopguard.testing.controllers.ControlledCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.process.CommandLineResult;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Recreates a StatefulSet with a ReadWriteOncePod template over its ReadWriteOnce claims, as people
 * do who follow a recipe. Nothing keeps a second writer from these claims.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClaimsThatExistIT {

  private static final String NAMESPACE = "claims-that-exist";

  private ControlledCluster cluster;
  private KillingProxy proxy;

  @BeforeAll
  void install() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "no");
    proxy = new KillingProxy(cluster.client());
  }

  @AfterAll
  void uninstall() {
    // not there where the tests were skipped
    if (proxy != null) {
      proxy.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  private static String exclusive(MigratedSet set) {
    return set.manifest()
        .replace("accessModes: [ReadWriteOnce]", "accessModes: [ReadWriteOncePod]");
  }

  @Test
  void they_decide_and_the_way_to_migrate_them_is_said() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, "db");
    cluster.installService();
    cluster.kubectl(
        "label namespace %s rwop-guard.io/mutate=enabled --overwrite".formatted(NAMESPACE));
    String fresh = exclusive(set).replace("db", "fresh");
    await()
        .until(
            () ->
                cluster
                    .attempt(fresh, "create --dry-run=server -o yaml -f -")
                    .output()
                    .contains("terminationGracePeriodSeconds: 0"));

    cluster.kubectl("delete statefulset db --cascade=orphan");
    KubectlResult applied = cluster.attempt(exclusive(set), "apply -f -");
    assertThat(applied.exitCode()).as(applied.output()).isZero();
    assertThat(applied.output())
        .contains("claim data-db-0 exists and is ")
        .contains("rwop-guard migrate %s/data-db-0".formatted(NAMESPACE))
        .contains("(half-migrated)");
    PodTemplateSpec template = set.set().getSpec().getTemplate();
    assertThat(template.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(30);
    assertThat(template.getSpec().getContainers().get(0).getLivenessProbe()).isNull();

    CommandLineResult audit = proxy.run("audit", "-n", NAMESPACE);
    assertThat(audit.output()).contains("claim data-db-0 exists and is ReadWriteOnce");

    CommandLineResult moved = set.migrate(proxy, "--apply");
    assertThat(moved.exitCode()).as(moved.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
    assertThat(proxy.run("audit", "-n", NAMESPACE).output()).doesNotContain("data-db-0 exists");
  }
}
