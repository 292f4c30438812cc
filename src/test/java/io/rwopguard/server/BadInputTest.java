package io.rwopguard.server;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of bad and of unusual input: each is answered clearly, and the next good request is
 * served.
 */
@QuarkusTest
class BadInputTest extends HttpTestBase {

  /** Bad input: what, its body and content type, the HTTP status, and a part of the message. */
  static Stream<Arguments> bad() {
    String review = Reviews.create(GOOD_VOLUME).toString();
    String deep = "[".repeat(10_000) + "]".repeat(10_000);
    String deepReview = review.replace("\"metadata\":{", "\"metadata\":{\"deep\":" + deep + ",");
    return Stream.of(
        plain("an empty body", "", 400, "the body is empty"),
        plain("only white space", " \n ", 400, "the body is empty"),
        plain("no JSON", "hello", 400, "not valid JSON"),
        plain("half of a review", review.substring(0, 20), 400, "not valid JSON"),
        plain("something behind the review", "{} {}", 400, "the body continues after"),
        plain("a list", "[]", 400, "not an AdmissionReview"),
        plain("a number", "7", 400, "not an AdmissionReview"),
        plain("null", "null", 400, "not an AdmissionReview"),
        plain("JSON that is no review", "{\"kind\":\"Pod\"}", 400, "not an AdmissionReview"),
        plain("no uid", with(r -> r.remove("uid")), 400, "request.uid: must be a string"),
        plain("a uid that is a number", with(r -> r.put("uid", 7)), 400, "request.uid"),
        plain(
            "a long uid",
            with(r -> r.put("uid", "u".repeat(300))),
            400,
            "request.uid: must have at most 256 characters"),
        plain(
            "a long uid in half of a review",
            "{\"request\":{\"uid\":\"" + "u".repeat(300) + "\",",
            400,
            "not valid JSON"),
        plain(
            "more values than any review has",
            "{\"request\":{\"uid\":\"u\",\"object\":[" + "[],".repeat(400_000) + "[]]}}",
            413,
            "the body has more than the maximum of 600000 JSON tokens"),
        plain("10,000 levels alone", deep, 400, "exceeds a limit: Document nesting depth"),
        answered(
            "10,000 levels in a review", deepReview, "exceeds a limit: Document nesting depth"),
        answered(
            "an end in the middle", review.substring(0, review.length() - 3), "not valid JSON"),
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
  void answers_bad_input_clearly_and_continues(
      String what, String body, int status, String message) {
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
    the_next_good_request_is_served();
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
    the_next_good_request_is_served();
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
    the_next_good_request_is_served();
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
            "an unknown kind",
            with(r -> r.withObject("kind").put("group", "g").put("kind", "Gadget"))),
        Arguments.of("a subresource", with(r -> r.put("subResource", "status"))),
        Arguments.of(
            "unknown modes",
            withObject(o -> o.withObject("spec").putArray("accessModes").add("Once").add("Twice"))),
        Arguments.of(
            "a claim without a spec",
            Reviews.create("{apiVersion: v1, kind: PersistentVolumeClaim}").toString()),
        Arguments.of("unknown fields", with(r -> r.putObject("fromTheFuture").put("a", 1))));
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

  private static void the_next_good_request_is_served() {
    post("/validate", Reviews.create(GOOD_VOLUME))
        .statusCode(200)
        .body("response.uid", equalTo(UID))
        .body("response.allowed", equalTo(true));
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
