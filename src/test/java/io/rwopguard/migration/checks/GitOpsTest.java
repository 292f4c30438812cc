package io.rwopguard.migration.checks;

import static io.rwopguard.migration.checks.WrittenCluster.DATABASE;
import static io.rwopguard.migration.checks.WrittenCluster.claim;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitOpsTest {

  private static GitOps gitOps(String... documents) {
    WrittenCluster cluster = WrittenCluster.of(documents);
    return new GitOps(cluster.unit(), cluster.around());
  }

  private static String set(String metadata) {
    return DATABASE.replaceFirst("\\{name: db}", "{name: db, " + metadata + "}");
  }

  private static String writtenBy(String manager, String fields) {
    return "managedFields: [{manager: %s, operation: Apply, fieldsV1: {%s}}]"
        .formatted(manager, fields);
  }

  private static final String LABEL_FIELD =
      "\"f:metadata\": {\"f:labels\": {\"f:app.kubernetes.io/instance\": {}}}";

  private static final String INSTANCE = "labels: {app.kubernetes.io/instance: shop}";

  private static Stream<Arguments> marksOfTheSet() {
    return Stream.of(
        Arguments.of(
            "annotations: {argocd.argoproj.io/tracking-id: \"shop:apps/StatefulSet:shop/db\"}",
            "Argo CD (argocd.argoproj.io/tracking-id: shop:apps/StatefulSet:shop/db)",
            "turn off automated sync of Application shop"),
        Arguments.of(
            "annotations: {argocd.argoproj.io/tracking-id: \"unreadable\"}",
            "Argo CD",
            "Application unreadable"),
        Arguments.of(
            "annotations: {argocd.argoproj.io/installation-id: second}",
            "Argo CD (annotation argocd.argoproj.io/installation-id)",
            "turn off automated sync of its Application"),
        Arguments.of(
            "labels: {argocd.argoproj.io/instance: shop}",
            "Argo CD (argocd.argoproj.io/instance: shop)",
            "Application shop"),
        Arguments.of(
            "labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: team}",
            "Flux (kustomize.toolkit.fluxcd.io/name: apps)",
            "flux suspend kustomization apps -n team"),
        Arguments.of(
            "labels: {helm.toolkit.fluxcd.io/name: db}",
            "Flux (helm.toolkit.fluxcd.io/name: db)",
            "flux suspend helmrelease db -n flux-system"),
        Arguments.of(
            writtenBy("argocd-controller", "\"f:spec\": {}"),
            "Argo CD (field manager argocd-controller)",
            "turn off automated sync"),
        Arguments.of(
            writtenBy("argocd-application-controller", "\"f:spec\": {}"), "Argo CD", "Application"),
        Arguments.of(
            writtenBy("kustomize-controller", "\"f:spec\": {}"),
            "Flux (field manager kustomize-controller)",
            "flux suspend kustomization NAME"),
        Arguments.of(
            writtenBy("helm-controller", "\"f:spec\": {}"),
            "Flux (field manager helm-controller)",
            "flux suspend helmrelease NAME"),
        Arguments.of(INSTANCE + ", " + writtenBy("argocd-controller", LABEL_FIELD), "Argo CD", ""),
        // no Helm release, and the writer of the label has not given its name
        Arguments.of(
            INSTANCE, "Argo CD (label app.kubernetes.io/instance: shop)", "Application shop"),
        Arguments.of(
            INSTANCE + ", " + writtenBy("Go-http-client", LABEL_FIELD),
            "Argo CD (label app.kubernetes.io/instance: shop)",
            "Application shop"),
        Arguments.of(
            INSTANCE + ", " + writtenBy("kubectl-edit", "\"f:spec\": {}"),
            "Argo CD (label app.kubernetes.io/instance: shop)",
            "Application shop"));
  }

  @ParameterizedTest
  @MethodSource("marksOfTheSet")
  void a_marked_set_is_refused_with_the_mark_and_the_way_to_pause(
      String metadata, String tool, String pause) {
    assertThat(gitOps(set(metadata)).problems())
        .singleElement()
        .asString()
        .startsWith("StatefulSet db is marked as managed by " + tool)
        .contains("would scale it back up during the migration")
        .contains(pause)
        .contains("write the new access mode to git, and then pass --gitops-is-paused");
  }

  private static Stream<String> marksOfNobody() {
    return Stream.of(
        "labels: {app: db}",
        "labels: {app.kubernetes.io/name: db}",
        writtenBy("kubectl-client-side-apply", "\"f:spec\": {}"),
        // copied from another object: Argo CD does not track by it
        "annotations: {argocd.argoproj.io/tracking-id: \"shop:apps/Deployment:shop/db\"}",
        "annotations: {argocd.argoproj.io/tracking-id: \"shop:apps/StatefulSet:test/db\"}",
        "annotations: {argocd.argoproj.io/tracking-id: \"shop:apps/StatefulSet:shop/other\", argocd.argoproj.io/installation-id: a}",
        // Flux does not reconcile what says so
        "labels: {kustomize.toolkit.fluxcd.io/name: apps}, annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}",
        // a status written by a tool is no manifest from git
        "managedFields: [{manager: argocd-controller, subresource: status, fieldsV1: {}}]",
        // Helm's charts set the label too
        INSTANCE + ", annotations: {meta.helm.sh/release-name: shop}",
        "labels: {app.kubernetes.io/instance: shop, app.kubernetes.io/managed-by: Helm}, "
            + writtenBy("helm", LABEL_FIELD));
  }

  @ParameterizedTest
  @MethodSource("marksOfNobody")
  void neither_refuses_nor_notes_what_no_tool_keeps(String metadata) {
    assertThat(gitOps(set(metadata)).problems()).isEmpty();
    assertThat(gitOps(set(metadata)).notes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"kubectl-client-side-apply", "kubectl", "Terraform", "fabric8-kubernetes-client"})
  void the_instance_label_of_a_known_author_is_only_noted(String manager) {
    GitOps found = gitOps(set(INSTANCE + ", " + writtenBy(manager, LABEL_FIELD)));
    assertThat(found.problems()).isEmpty();
    assertThat(found.notes())
        .containsExactly(
            "StatefulSet db has label app.kubernetes.io/instance: shop, which Argo CD may use for tracking, although another program wrote that label. If Argo CD manages the object, turn off automated sync of Application shop before you run --apply");
  }

  private static String claimWith(String metadata) {
    return claim("data").replaceFirst("\\{name: data}", "{name: data, " + metadata + "}");
  }

  private static String volumeWith(String metadata) {
    return claim("data").replace("{name: pv-data}", "{name: pv-data, " + metadata + "}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "annotations: {argocd.argoproj.io/tracking-id: \"shop:/PersistentVolumeClaim:shop/data\"}",
        "labels: {kustomize.toolkit.fluxcd.io/name: apps}",
        "managedFields: [{manager: kustomize-controller, fieldsV1: {}}]",
        INSTANCE
      })
  void a_mark_on_the_claim_alone_is_refused(String metadata) {
    assertThat(gitOps(claimWith(metadata)).problems())
        .singleElement()
        .asString()
        .startsWith("claim shop/data is marked as managed by")
        .contains("would recreate it too early");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "annotations: {argocd.argoproj.io/tracking-id: \"storage:/PersistentVolume:default/pv-data\"}",
        "labels: {helm.toolkit.fluxcd.io/name: storage}",
        "managedFields: [{manager: argocd-controller, fieldsV1: {}}]",
        INSTANCE
      })
  void a_mark_on_the_volume_alone_is_refused(String metadata) {
    assertThat(gitOps(volumeWith(metadata)).problems())
        .singleElement()
        .asString()
        .startsWith("volume pv-data is marked as managed by")
        .contains("would revert its access mode");
  }

  @Test
  void claims_of_a_template_have_its_labels_and_that_is_no_mark() {
    String labelled =
        DATABASE.replace(
            "{name: data-db-0, ", "{name: data-db-0, labels: {app.kubernetes.io/instance: shop}, ");
    assertThat(gitOps(labelled).problems()).isEmpty();
    assertThat(gitOps(labelled).notes()).isEmpty();
    String tracked =
        labelled.replace(
            "labels: {app.kubernetes.io/instance: shop}",
            "annotations: {argocd.argoproj.io/tracking-id: \"shop:/PersistentVolumeClaim:shop/data-db-0\"}");
    assertThat(gitOps(tracked).problems()).hasSize(1);
  }

  @Test
  void all_that_is_marked_is_said_at_once() {
    String mark = "labels: {kustomize.toolkit.fluxcd.io/name: apps}";
    List<String> problems =
        gitOps(
                set(mark)
                    .replace("{name: data-db-0, ", "{name: data-db-0, " + mark + ", ")
                    .replace("{name: pv-0}", "{name: pv-0, " + mark + "}"))
            .problems();
    assertThat(problems).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "labels: {kustomize.toolkit.fluxcd.io/name: apps} | Flux (kustomize.toolkit.fluxcd.io/name: apps)",
        "labels: {argocd.argoproj.io/instance: shop} | Argo CD (argocd.argoproj.io/instance: shop)",
      })
  void once_paused_a_note_reminds_of_git(String metadata, String tool) {
    assertThat(gitOps(set(metadata)).notes())
        .containsExactly(
            "StatefulSet db is managed by "
                + tool
                + ". Write the new access mode to git before you resume the tool. Otherwise its next sync fails or reverts the access mode");
  }
}
