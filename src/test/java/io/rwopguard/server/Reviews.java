package io.rwopguard.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.manifests.Manifests;

/** AdmissionReviews as an API server posts them. */
final class Reviews {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Reviews() {}

  static ObjectNode create(String yaml) {
    ObjectNode object = Manifests.parse(yaml);
    ObjectNode review = JSON.createObjectNode();
    review.put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
    ObjectNode request = review.putObject("request");
    request.put("uid", "705ab4f5-6393-11e8-b7cc-42010a800002").put("operation", "CREATE");
    request.put("namespace", "shop").put("name", object.at("/metadata/name").asText("unnamed"));
    String apiVersion = object.path("apiVersion").asText();
    int slash = apiVersion.indexOf('/');
    request
        .putObject("kind")
        .put("group", slash < 0 ? "" : apiVersion.substring(0, slash))
        .put("version", apiVersion.substring(slash + 1))
        .put("kind", object.path("kind").asText());
    request.set("object", object);
    return review;
  }

  static ObjectNode update(String before, String after) {
    ObjectNode review = create(after);
    request(review).put("operation", "UPDATE").set("oldObject", Manifests.parse(before));
    return review;
  }

  static ObjectNode request(JsonNode review) {
    return (ObjectNode) review.path("request");
  }
}
