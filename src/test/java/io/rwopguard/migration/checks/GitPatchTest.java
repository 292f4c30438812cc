package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.EXCLUSIVE;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import org.junit.jupiter.api.Test;

class GitPatchTest {

  private static final String PROVISIONED =
      "annotations: {pv.kubernetes.io/provisioned-by: rbd.csi.ceph.com}";

  private static String patch(List<String> modes, String... documents) {
    WrittenCluster cluster = WrittenCluster.of(documents);
    return GitPatch.of(cluster.unit(), cluster.around().workload(cluster.unit()), modes);
  }

  private static String provisioned(String documents, String volume) {
    return documents.replace(
        "{name: " + volume + "}", "{name: %s, %s}".formatted(volume, PROVISIONED));
  }

  @Test
  void a_claim_template_is_patched_by_its_index_and_its_claims_are_not() {
    String second =
        provisioned(DATABASE, "pv-0")
            .replace(
                "volumeClaimTemplates: [",
                "volumeClaimTemplates: [{metadata: {name: logs}, spec: {accessModes: [ReadWriteOnce]}}, ");
    assertThat(patch(EXCLUSIVE, second))
        .isEqualTo(
            """
            # kustomization.yaml
            patches:
              - target: {group: apps, version: v1, kind: StatefulSet, name: "db"}
                patch: |-
                  - op: replace
                    path: /spec/volumeClaimTemplates/1/spec/accessModes
                    value: [ReadWriteOncePod]
            """);
  }

  @Test
  void a_claim_is_patched_by_its_name() {
    assertThat(patch(EXCLUSIVE, provisioned(claim("data"), "pv-data")))
        .isEqualTo(
            """
            # kustomization.yaml
            patches:
              - target: {version: v1, kind: PersistentVolumeClaim, name: "data"}
                patch: |-
                  apiVersion: v1
                  kind: PersistentVolumeClaim
                  metadata: {name: "data"}
                  spec: {accessModes: [ReadWriteOncePod]}
            """);
  }

  @Test
  void a_volume_that_no_provisioner_made_is_patched_too() {
    assertThat(patch(EXCLUSIVE, claim("data")))
        .contains("kind: PersistentVolumeClaim, name: \"data\"}")
        .contains("kind: PersistentVolume, name: \"pv-data\"}");
    assertThat(patch(EXCLUSIVE, DATABASE))
        .contains("kind: StatefulSet, name: \"db\"}")
        .contains("kind: PersistentVolume, name: \"pv-0\"}");
  }

  @Test
  void a_rollback_writes_the_old_access_mode() {
    assertThat(patch(List.of("ReadWriteOnce"), claim("data")))
        .contains("spec: {accessModes: [ReadWriteOnce]}")
        .doesNotContain("ReadWriteOncePod");
  }

  @Test
  void all_of_it_is_yaml_and_each_patch_is_too() {
    ObjectNode written = Manifests.parse(patch(EXCLUSIVE, claim("data")));
    assertThat(written.path("patches")).hasSize(2);
    written
        .path("patches")
        .forEach(
            patch ->
                assertThat(
                        Manifests.parse(patch.path("patch").asText())
                            .at("/spec/accessModes/0")
                            .asText())
                    .isEqualTo("ReadWriteOncePod"));
  }

  @Test
  void a_helm_release_gets_a_hint_and_only_that() {
    String released =
        provisioned(
            DATABASE.replaceFirst(
                "\\{name: db}",
                "{name: db, annotations: {meta.helm.sh/release-name: db, meta.helm.sh/release-namespace: shop}}"),
            "pv-0");
    String text = patch(EXCLUSIVE, released);
    assertThat(text.lines().filter(line -> line.startsWith("# values.yaml")))
        .containsExactly(
            "# values.yaml of Helm release shop/db: the key depends on the chart; helm show values CHART prints it.");
    ObjectNode values = Manifests.parse(text.substring(text.indexOf("# values.yaml")));
    assertThat(values.at("/persistence/accessModes/0").asText()).isEqualTo("ReadWriteOncePod");
    assertThat(values).hasSize(1);
    assertThat(patch(EXCLUSIVE, DATABASE)).doesNotContain("values.yaml");
  }
}
