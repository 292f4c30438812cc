package io.rwopguard.lint;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.EmptyInventory;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Compares manifests of an object by what rules and mutations read of them. */
class AlternativesOfMetadataTest extends LintedFolder {

  private static final String CLAIM = claim("data", "ReadWriteOncePod");
  private static final String NAMED = "namespace: shop";

  private void areOneObject(String inReader, String inWriter) throws IOException {
    write("reader/all.yaml", inReader, deployment("reader", 1, "data"));
    write("writer/all.yaml", inWriter, deployment("writer", 1, "data"));
    LintRun run = run(Optional.of("shop"), new EmptyInventory(), "", folder.toString());
    assertThat(alternatives(run)).isEmpty();
    assertThat(findings(run))
        .contains("reader/all.yaml claim-in-use", "writer/all.yaml claim-in-use");
  }

  @Test
  void a_namespace_that_only_one_names() throws IOException {
    areOneObject(CLAIM, CLAIM.replace(", " + NAMED, ""));
  }

  @Test
  void labels_of_the_component_that_repeats_a_claim() throws IOException {
    areOneObject(
        CLAIM.replace(NAMED, NAMED + ", labels: {app: reader}"),
        CLAIM.replace(NAMED, NAMED + ", labels: {app: writer}, annotations: {team: b}"));
  }

  @Test
  void labels_of_the_component_that_repeats_a_workload() throws IOException {
    String db = deployment("db", 1, "data");
    areOneObject(
        CLAIM + "---\n" + db, CLAIM + "---\n" + db.replace("{app: db}", "{app: db, part: writer}"));
  }

  @Test
  void another_version_of_the_api_and_fields_that_are_null() throws IOException {
    String db = deployment("db", 1, "data");
    areOneObject(
        CLAIM + "---\n" + db,
        CLAIM.replace("spec: {", "spec: {volumeName: null, ")
            + "---\n"
            + db.replace("apps/v1", "apps/v1beta2")
                .replace("labels: {app: db}", "creationTimestamp: null, labels: {app: db}"));
  }

  @Test
  void an_annotation_that_rwop_guard_reads_makes_another_version() throws IOException {
    String db = deployment("db", 1, "data");
    write("one/all.yaml", db);
    write(
        "two/all.yaml",
        db.replace("labels:", "annotations: {rwop-guard.io/mutate: disabled}, labels:"));
    assertThat(alternatives(run())).containsExactly("Deployment db");
  }

  @Test
  void another_size_makes_another_version() throws IOException {
    write("one/all.yaml", CLAIM);
    write("two/all.yaml", CLAIM.replace("1Gi", "2Gi"));
    assertThat(alternatives(run())).containsExactly("PersistentVolumeClaim data");
  }
}
