package io.rwopguard.migration.cluster;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.EXCLUSIVE;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.rwopguard.kube.Resources;
import io.rwopguard.migration.checks.GitPatch;
import io.rwopguard.migration.checks.WrittenCluster;
import io.rwopguard.migration.plan.MigrationScope;
import io.rwopguard.testing.apiserver.ApiServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests reads of a cluster that may not serve or show an object, and what kubectl does with a
 * patch.
 */
class MigrationReadsIT {

  private static final String DEFINITION =
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: scaledobjects.keda.sh}
      spec:
        group: keda.sh
        scope: Namespaced
        names: {kind: ScaledObject, plural: scaledobjects}
        versions:
          - name: v1alpha1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
      """;

  private static KubernetesClient stranger() {
    Config config =
        new ConfigBuilder(ApiServer.running().client().getConfiguration())
            .withImpersonateUsername("stranger")
            .withImpersonateGroups("system:authenticated")
            .build();
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  @Test
  void a_kind_that_is_not_served_has_no_objects_and_one_that_is_hidden_is_unknown()
      throws Exception {
    ApiServer api = ApiServer.running();
    MigrationObjects administrator = new MigrationObjects(api.client());
    try (KubernetesClient client = stranger()) {
      MigrationObjects stranger = new MigrationObjects(client);
      assertThat(administrator.ifServed(Resources.SCALED_OBJECTS, "default")).contains(List.of());
      assertThat(stranger.ifServed(Resources.SCALED_OBJECTS, "default")).contains(List.of());
      assertThat(api.kubectl(DEFINITION, "create", "-f", "-").exitCode()).isZero();
      Awaitility.await()
          .untilAsserted(
              () -> assertThat(stranger.ifServed(Resources.SCALED_OBJECTS, "default")).isEmpty());
      assertThat(administrator.ifServed(Resources.SCALED_OBJECTS, "default")).contains(List.of());
    } finally {
      api.kubectl("", "delete", "--ignore-not-found", "crd", "scaledobjects.keda.sh");
    }
  }

  @Test
  void kubectl_builds_a_kustomization_with_the_patch(@TempDir Path folder) throws Exception {
    WrittenCluster set = WrittenCluster.of(DATABASE);
    WrittenCluster plain = WrittenCluster.of(claim("uploads"));
    for (WrittenCluster cluster : new WrittenCluster[] {set, plain}) {
      MigrationScope unit = cluster.unit();
      String manifests = cluster == set ? DATABASE : claim("uploads");
      Files.writeString(folder.resolve("all.yaml"), manifests);
      Files.writeString(
          folder.resolve("kustomization.yaml"),
          GitPatch.of(unit, cluster.around().workload(unit), EXCLUSIVE)
              + "resources: [all.yaml]\n");
      var built = ApiServer.running().kubectl("", "kustomize", folder.toString());
      assertThat(built.exitCode()).as(built.output()).isZero();
      // a template or a claim, and the volume; the claim of a template is not in git
      assertThat(built.output().split("- ReadWriteOncePod\n", -1)).hasSize(3);
      assertThat(built.output().split("- ReadWriteOnce\n", -1)).hasSize(cluster == set ? 2 : 1);
    }
  }
}
