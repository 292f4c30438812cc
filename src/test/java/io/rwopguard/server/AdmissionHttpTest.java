package io.rwopguard.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.junit.QuarkusTest;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Posts requests to the service and checks its answers. */
@QuarkusTest
class AdmissionHttpTest extends HttpTestBase {

  private static final String MIXED_VOLUME =
      GOOD_VOLUME.replace("[ReadWriteOncePod]", "[ReadWriteOncePod, ReadWriteOnce]");
  private static final String STATEFUL_SET =
      """
      {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db},
       spec: {template: {spec: {containers: [
                {name: db, ports: [{containerPort: 5432}], volumeMounts: [{name: data}]}]}},
              volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOncePod]}}]}}
      """;

  @Test
  void refuses_a_volume_that_mixes_access_modes_with_the_reason_the_field_and_the_fix() {
    post("/validate", Reviews.create(MIXED_VOLUME))
        .statusCode(200)
        .body("kind", equalTo("AdmissionReview"))
        .body("apiVersion", equalTo("admission.k8s.io/v1"))
        .body("response.uid", equalTo(UID))
        .body("response.allowed", equalTo(false))
        .body("response.status.code", equalTo(403))
        .body("response.status.reason", equalTo("Forbidden"))
        .body("response.status.message", startsWith("spec.accessModes: ReadWriteOncePod"))
        .body("response.status.details.causes[0].field", equalTo("spec.accessModes"))
        .body("response.status.details.causes[0].reason", equalTo("sole-access-mode"))
        .body("response.auditAnnotations.findings", startsWith("deny spec.accessModes: "));
  }

  @Test
  void refuses_an_object_whose_problems_are_too_many_for_one_answer() {
    String claim =
        "{metadata: {name: data-%d}, spec: {accessModes: [ReadWriteOncePod, ReadWriteOnce]}}";
    String claims =
        IntStream.range(0, 1500).mapToObj(claim::formatted).collect(Collectors.joining(", "));
    String body =
        post(
                "/validate",
                Reviews.create(
                    STATEFUL_SET.replace(
                        "volumeClaimTemplates: [", "volumeClaimTemplates: [" + claims + ", ")))
            .statusCode(200)
            .body("response.allowed", equalTo(false))
            .body("response.status.code", equalTo(403))
            .body("response.status.message", containsString("ReadWriteOncePod"))
            .extract()
            .asString();

    assertThat(body).hasSizeLessThan(256 << 10);
  }

  @Test
  void allows_a_good_volume_and_says_nothing_more() {
    post("/validate", Reviews.create(GOOD_VOLUME))
        .statusCode(200)
        .body("response.uid", equalTo(UID))
        .body("response.allowed", equalTo(true))
        .body("response.status", nullValue())
        .body("response.warnings", nullValue());
  }

  @Test
  void patches_a_workload_that_uses_an_exclusive_volume() throws Exception {
    String patch =
        post("/mutate", Reviews.create(STATEFUL_SET))
            .statusCode(200)
            .body("response.allowed", equalTo(true))
            .body("response.patchType", equalTo("JSONPatch"))
            .extract()
            .path("response.patch");

    JsonNode operations = new ObjectMapper().readTree(Base64.getDecoder().decode(patch));
    assertThat(operations)
        .extracting(operation -> operation.path("path").asText())
        .containsExactly(
            "/spec/template/spec/containers/0/livenessProbe",
            "/spec/template/spec/containers/0/startupProbe",
            "/spec/template/spec/terminationGracePeriodSeconds",
            "/spec/template/metadata",
            "/spec/template/metadata/annotations",
            "/spec/template/metadata/annotations/rwop-guard.io~1mutated");
  }

  @Test
  void leaves_the_patch_out_where_there_is_nothing_to_change() {
    post("/mutate", Reviews.create(STATEFUL_SET.replace("ReadWriteOncePod", "ReadWriteOnce")))
        .statusCode(200)
        .body("response.allowed", equalTo(true))
        .body("response.patch", nullValue())
        .body("response.patchType", nullValue());
  }

  @Test
  void says_that_a_claim_could_not_be_looked_up_without_a_cluster() {
    String pod =
        """
        {apiVersion: v1, kind: Pod, metadata: {name: db}, spec: {containers: [{name: db}],
         volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}}
        """;
    post("/mutate", Reviews.create(pod))
        .body("response.allowed", equalTo(true))
        .body("response.patch", nullValue())
        .body("response.warnings[0]", containsString("could not be looked up"));
  }

  @Test
  void never_restarts_a_workload_over_an_update_that_leaves_its_template_alone() {
    String labelled = STATEFUL_SET.replace("{name: db},", "{name: db, labels: {a: b}},");
    post("/mutate", Reviews.update(STATEFUL_SET, labelled)).body("response.patch", nullValue());

    String newLabel =
        STATEFUL_SET.replace("{template: {spec", "{template: {metadata: {labels: {a: b}}, spec");
    post("/mutate", Reviews.update(STATEFUL_SET, newLabel))
        .body("response.patchType", equalTo("JSONPatch"));

    String newImage = STATEFUL_SET.replace("{name: db, ports", "{name: db, image: new, ports");
    post("/mutate", Reviews.update(STATEFUL_SET, newImage))
        .body("response.patchType", equalTo("JSONPatch"));
  }

  @Test
  void lets_finalizers_of_a_violating_object_go() {
    String deleted =
        MIXED_VOLUME.replace("{name: data}", "{name: data, deletionTimestamp: \"2026-01-01\"}");
    post("/validate", Reviews.update(MIXED_VOLUME, deleted))
        .body("response.allowed", equalTo(true));
  }

  @Test
  void warns_of_what_was_wrong_before_an_update() {
    post("/validate", Reviews.update(MIXED_VOLUME, MIXED_VOLUME))
        .body("response.allowed", equalTo(true))
        .body("response.warnings.join('')", containsString("sole-access-mode"));
  }
}
