package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.EXCLUSIVE;
import static io.rwopguard.migration.checks.WrittenCluster.NOTHING;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static io.rwopguard.migration.checks.WrittenCluster.volume;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.migration.cluster.MigrationContext;
import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MigrationNotesTest {

  private static List<String> notes(Vouched vouched, String... documents) {
    WrittenCluster cluster = WrittenCluster.of(documents);
    return new MigrationNotes(cluster.around(), cluster.unit(), vouched).all(EXCLUSIVE);
  }

  private static String set(String metadata) {
    return DATABASE.replaceFirst("\\{name: db}", "{name: db, " + metadata + "}");
  }

  private static String claimWith(String metadata) {
    return claim("data").replaceFirst("\\{name: data}", "{name: data, " + metadata + "}");
  }

  private static final String RELEASE =
      "annotations: {meta.helm.sh/release-name: db, meta.helm.sh/release-namespace: shop}, labels: {app.kubernetes.io/managed-by: Helm}";

  @Test
  void a_manually_written_object_needs_no_note() {
    assertThat(notes(NOTHING, DATABASE)).isEmpty();
  }

  @Test
  void a_helm_release_has_to_know_the_access_mode_before_its_next_upgrade() {
    assertThat(notes(NOTHING, set(RELEASE)))
        .containsExactly(
            "StatefulSet db belongs to Helm release shop/db. Set the access mode to ReadWriteOncePod in the values of the chart (often persistence.accessModes) before the next helm upgrade. Otherwise it fails, because a claim template is immutable");
    assertThat(notes(NOTHING, claimWith(RELEASE)))
        .containsExactly(
            "claim shop/data belongs to Helm release shop/db. Set the access mode to ReadWriteOncePod in the values of the chart (often persistence.accessModes) before the next helm upgrade. Otherwise it fails, because a claim's access modes are immutable");
    assertThat(
            notes(
                NOTHING,
                claim("data").replace("{name: pv-data}", "{name: pv-data, " + RELEASE + "}")))
        .singleElement()
        .asString()
        .startsWith("volume pv-data belongs to Helm release shop/db")
        .endsWith("Otherwise it may write the old access mode again");
  }

  @ParameterizedTest
  @CsvSource({"helm", "Go-http-client"})
  void a_release_of_an_early_helm_is_known_by_its_field_manager(String manager) {
    String label = "labels: {app.kubernetes.io/managed-by: Helm}";
    String managed = label + ", managedFields: [{manager: %s, fieldsV1: {}}]".formatted(manager);
    assertThat(notes(NOTHING, set(managed)))
        .singleElement()
        .asString()
        .startsWith("StatefulSet db belongs to a Helm release.");
    assertThat(notes(NOTHING, set(label)))
        .singleElement()
        .asString()
        .startsWith("StatefulSet db was written by Helm (label app.kubernetes.io/managed-by)");
  }

  @Test
  void a_claim_of_a_template_has_the_labels_of_the_template_and_no_release() {
    String labelled =
        DATABASE.replace(
            "{name: data-db-0, ",
            "{name: data-db-0, labels: {app.kubernetes.io/managed-by: terraform}, ");
    assertThat(notes(NOTHING, labelled)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "terraform | was written by terraform (label app.kubernetes.io/managed-by). Set the access mode to ReadWriteOncePod there before it is applied again. Otherwise it fails",
        "Pulumi | was written by Pulumi",
        "team-storage | has the label app.kubernetes.io/managed-by: team-storage. If that is a program in the cluster, stop it before --apply",
      })
  void other_authors_are_noted(String author, String note) {
    assertThat(notes(NOTHING, set("labels: {app.kubernetes.io/managed-by: " + author + "}")))
        .singleElement()
        .asString()
        .startsWith("StatefulSet db " + note);
  }

  @Test
  void a_stopped_operator_is_to_know_the_access_mode_before_it_starts() {
    Vouched stopped = new Vouched(false, false, true);
    String owned = "ownerReferences: [{apiVersion: awx.ansible.com/v1, kind: AWX, name: demo}]";
    assertThat(notes(stopped, set(owned)))
        .containsExactly(
            "StatefulSet db is managed by AWX demo. Set the access mode to ReadWriteOncePod there before the operator starts again, or it may revert the migration");
    String labelled = "labels: {application: spilo, cluster-name: acid-shop}";
    assertThat(notes(stopped, set(labelled)))
        .singleElement()
        .asString()
        .contains("managed by Zalando's postgres-operator");
    assertThat(notes(stopped, DATABASE)).isEmpty();
    assertThat(notes(NOTHING, set(owned))).isEmpty();
  }

  @Test
  void paused_tools_and_autoscalers_at_rest_are_noted() {
    String autoscaler =
        "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: scaler}\nspec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}}";
    assertThat(notes(NOTHING, set("labels: {kustomize.toolkit.fluxcd.io/name: apps}"), autoscaler))
        .hasSize(2)
        .anyMatch(note -> note.startsWith("StatefulSet db is managed by Flux"))
        .anyMatch(note -> note.startsWith("HorizontalPodAutoscaler scaler ignores StatefulSet db"));
  }

  @Test
  void a_volume_of_an_earlier_claim_of_the_name_is_noted() {
    assertThat(notes(NOTHING, DATABASE, volume("pv-old", "data-db-0")))
        .containsExactly(
            "volume pv-old is left over from an earlier claim shop/data-db-0. The migration is for volume pv-0; make sure that it contains your data");
  }

  @Test
  void kinds_that_may_not_be_listed_are_noted() {
    WrittenCluster cluster = WrittenCluster.of(DATABASE);
    MigrationContext all = cluster.around();
    MigrationContext some =
        new MigrationContext(
            all.workloads(),
            all.claims(),
            all.volumes(),
            all.autoscalers(),
            all.quotas(),
            Optional.empty(),
            Optional.empty());
    assertThat(new MigrationNotes(some, cluster.unit(), NOTHING).all(EXCLUSIVE))
        .singleElement()
        .asString()
        .startsWith(
            "you have no permission to list ScaledObjects (KEDA) and VolumeSnapshots in this namespace");
  }
}
