package io.rwopguard.server;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import java.net.URI;
import org.junit.jupiter.api.BeforeEach;

/** The client's side of tests that talk to the service over HTTPS. */
abstract class HttpTestBase {

  static final String UID = "705ab4f5-6393-11e8-b7cc-42010a800002";
  static final String GOOD_VOLUME =
      """
      {apiVersion: v1, kind: PersistentVolume, metadata: {name: data},
       spec: {accessModes: [ReadWriteOncePod], csi: {driver: csi.example.org}}}
      """;

  @TestHTTPResource(value = "/", tls = true)
  URI service;

  @BeforeEach
  void address() {
    RestAssured.baseURI = "https://localhost";
    RestAssured.port = service.getPort();
    RestAssured.useRelaxedHTTPSValidation();
  }

  static ValidatableResponse post(String path, String body) {
    // as bytes: the client takes half a minute to look through a deeply nested string
    return given().contentType("application/json").body(body.getBytes(UTF_8)).post(path).then();
  }

  static ValidatableResponse post(String path, ObjectNode review) {
    return post(path, review.toString());
  }
}
