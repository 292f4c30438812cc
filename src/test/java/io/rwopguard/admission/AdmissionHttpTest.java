package io.rwopguard.admission;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import java.net.URI;
import java.util.Base64;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is posted to the service, good and bad, and what it answers. */
@QuarkusTest
class AdmissionHttpTest {

  private static final String UID = "705ab4f5-6393-11e8-b7cc-42010a800002";
  private static final String GOOD_VOLUME =
      """
      {apiVersion: v1, kind: PersistentVolume, metadata: {name: data},
       spec: {accessModes: [ReadWriteOncePod], csi: {driver: csi.example.org}}}
      """;
  private static final String MIXED_VOLUME =
      GOOD_VOLUME.replace("[ReadWriteOncePod]", "[ReadWriteOncePod, ReadWriteOnce]");
  private static final String STATEFUL_SET =
      """
      {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db},
       spec: {template: {spec: {containers: [
                {name: db, ports: [{containerPort: 5432}], volumeMounts: [{name: data}]}]}},
              volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOncePod]}}]}}
      """;

  @TestHTTPResource(value = "/", tls = true)
  URI service;

  @BeforeEach
  void address() {
    RestAssured.baseURI = "https://localhost";
    RestAssured.port = service.getPort();
    RestAssured.useRelaxedHTTPSValidation();
  }

  private static ValidatableResponse post(String path, String body) {
    // as bytes: the client takes half a minute to look through a deeply nested string
    return given().contentType("application/json").body(body.getBytes(UTF_8)).post(path).then();
  }

  private static ValidatableResponse post(String path, ObjectNode review) {
    return post(path, review.toString());
  }

  @Test
  void refuses_a_volume_that_mixes_access_modes_with_the_reason_the_field_and_the_way_out() {
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
        .body("response.status.details.causes[0].reason", equalTo("sole-access-mode"));
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
            "/spec/template/spec/terminationGracePeriodSeconds");
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
        .body("response.warnings[0]", containsString("sole-access-mode"));
  }

  /** Bad input: what, its body and content type, the HTTP status, and a part of the message. */
  static Stream<Arguments> bad() {
    String review = Reviews.create(GOOD_VOLUME).toString();
    String deep = "[".repeat(10_000) + "]".repeat(10_000);
    String deepReview = review.replace("\"metadata\":{", "\"metadata\":{\"deep\":" + deep + ",");
    return Stream.of(
        plain("an empty body", "", 400, "the body is empty"),
        plain("no JSON", "hello", 400, "not JSON that can be read"),
        plain("half of a review", review.substring(0, 20), 400, "not JSON that can be read"),
        plain("something behind the review", "{} {}", 400, "the body goes on behind"),
        plain("a list", "[]", 400, "no AdmissionReview"),
        plain("a number", "7", 400, "no AdmissionReview"),
        plain("null", "null", 400, "no AdmissionReview"),
        plain("JSON that is no review", "{\"kind\":\"Pod\"}", 400, "no AdmissionReview"),
        plain("no uid", with(r -> r.remove("uid")), 400, "request.uid: must be a string"),
        plain("a uid that is a number", with(r -> r.put("uid", 7)), 400, "request.uid"),
        plain("10,000 levels alone", deep, 400, "goes beyond a limit: Document nesting depth"),
        answered(
            "10,000 levels in a review", deepReview, "goes beyond a limit: Document nesting depth"),
        answered("an end in the middle", review.substring(0, review.length() - 3), "not JSON"),
        answered(
            "v1beta1",
            review.replace("k8s.io/v1", "k8s.io/v1beta1"),
            "apiVersion: must be admission.k8s.io/v1, found admission.k8s.io/v1beta1"),
        answered("no operation", with(r -> r.remove("operation")), "request.operation: must be"),
        answered("no kind", with(r -> r.remove("kind")), "request.kind: must be an object"),
        answered("a kind that is a string", with(r -> r.put("kind", "Pod")), "request.kind"),
        answered("no object", with(r -> r.remove("object")), "request.object: must be an object"),
        answered("an object that is a list", with(r -> r.putArray("object")), "request.object"),
        answered(
            "a spec that is no object",
            withObject(o -> o.put("spec", "text")),
            "spec: must be an object, found a string"),
        answered(
            "modes that are a string",
            withObject(o -> o.withObject("spec").put("accessModes", "ReadWriteOncePod")),
            "spec.accessModes: must be a list of strings, found a string"),
        answered(
            "modes that are numbers",
            withObject(o -> o.withObject("spec").putArray("accessModes").add(1)),
            "spec.accessModes: must be a list of strings"),
        answered(
            "a pod spec with no containers",
            Reviews.create("{apiVersion: v1, kind: Pod, spec: {containers: []}}").toString(),
            "spec.containers: must be a list with at least one container"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bad")
  void answers_bad_input_clearly_and_goes_on(String what, String body, int status, String message) {
    for (String path : new String[] {"/validate", "/mutate"}) {
      // a volume is nothing to mutate, so its fields are read by /validate only
      if (path.equals("/mutate") && message.startsWith("spec.accessModes")) {
        continue;
      }
      ValidatableResponse response = post(path, body).statusCode(status);
      if (status == 200) {
        response
            .body("response.uid", equalTo(UID))
            .body("response.allowed", equalTo(false))
            .body("response.status.code", equalTo(400))
            .body("response.status.message", containsString(message));
      } else {
        response.contentType("text/plain").body(containsString(message));
      }
    }
    allows_a_good_volume_and_says_nothing_more();
  }

  @ParameterizedTest
  @MethodSource("paths")
  void answers_what_is_not_http_as_it_should_be(String path) {
    String review = Reviews.create(GOOD_VOLUME).toString();
    given()
        .contentType("text/xml")
        .body(review)
        .post(path)
        .then()
        .statusCode(415)
        .body(containsString("application/json"));
    given().get(path).then().statusCode(405).body(containsString("POST"));
    given().get("/nowhere").then().statusCode(404).body(containsString("/validate"));
    allows_a_good_volume_and_says_nothing_more();
  }

  @ParameterizedTest
  @MethodSource("paths")
  void refuses_ten_megabytes(String path) {
    byte[] large = new byte[10 * 1024 * 1024];
    given()
        .contentType("application/json")
        .body(large)
        .post(path)
        .then()
        .statusCode(413)
        .body(containsString("8 MiB"));
    allows_a_good_volume_and_says_nothing_more();
  }

  static Stream<String> paths() {
    return Stream.of("/validate", "/mutate");
  }

  /** Unusual, but nothing is wrong with it. */
  static Stream<Arguments> unusual() {
    return Stream.of(
        Arguments.of(
            "DELETE with a null object", with(r -> r.put("operation", "DELETE").putNull("object"))),
        Arguments.of("CONNECT", with(r -> r.put("operation", "CONNECT").remove("object"))),
        Arguments.of(
            "a kind nobody knows",
            with(r -> r.withObject("kind").put("group", "g").put("kind", "Gadget"))),
        Arguments.of("a subresource", with(r -> r.put("subResource", "status"))),
        Arguments.of(
            "modes nobody knows",
            withObject(o -> o.withObject("spec").putArray("accessModes").add("Once").add("Twice"))),
        Arguments.of(
            "a claim without a spec",
            Reviews.create("{apiVersion: v1, kind: PersistentVolumeClaim}").toString()),
        Arguments.of("fields nobody knows", with(r -> r.putObject("fromTheFuture").put("a", 1))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unusual")
  void allows_what_is_unusual_but_good(String what, String body) {
    for (String path : new String[] {"/validate", "/mutate"}) {
      post(path, body)
          .statusCode(200)
          .body("response.uid", equalTo(UID))
          .body("response.allowed", equalTo(true));
    }
  }

  private static Arguments plain(String what, String body, int status, String message) {
    return Arguments.of(what, body, status, message);
  }

  private static Arguments answered(String what, String body, String message) {
    return Arguments.of(what, body, 200, message);
  }

  private static String with(Consumer<ObjectNode> change) {
    ObjectNode review = Reviews.create(GOOD_VOLUME);
    change.accept(Reviews.request(review));
    return review.toString();
  }

  private static String withObject(Consumer<ObjectNode> change) {
    return with(request -> change.accept((ObjectNode) request.path("object")));
  }
}
