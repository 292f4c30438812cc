package io.rwopguard.server;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.fuzz.Inputs;
import io.rwopguard.model.MalformedObjectException;
import java.nio.charset.StandardCharsets;

/**
 * Reads the body of a webhook's request. A body is a request, or the answer says what is wrong with
 * it. Equal JSON is the same request, and a request has the object of its body.
 */
public final class ReviewFuzz {

  private ReviewFuzz() {}

  public static void fuzzerTestOneInput(byte[] body) {
    Object read = read(body);
    Inputs.json(body)
        .ifPresent(
            json -> {
              byte[] other =
                  Inputs.reversed(json).toPrettyString().getBytes(StandardCharsets.UTF_8);
              same(read, read(other), "the same JSON in another order is another request");
              if (read instanceof AdmissionRequest request) {
                JsonNode sent = json.path("request").path("object").path("spec");
                same(sent, request.object().path("spec"), "decoding changed the spec");
              }
            });
  }

  /** Returns the request, or what is wrong. */
  private static Object read(byte[] body) {
    try {
      AdmissionRequest request = ReviewReader.read(body);
      check(!request.uid().isEmpty(), "a request without UID", request);
      if (request.concernsObject()) {
        readFacts(request);
      }
      return request;
    } catch (BadReviewException e) {
      check(!e.getMessage().isBlank(), "a refusal without a reason", e);
      return e.uid() + ": " + e.getMessage();
    }
  }

  private static void readFacts(AdmissionRequest request) {
    try {
      same(request.facts(), request.facts(), "two readings of one object differ");
      check(request.oldFacts().isEmpty() || request.oldObject().isObject(), "old facts", request);
    } catch (MalformedObjectException e) {
      check(!e.getMessage().isBlank(), "a refusal without a reason", e);
    }
  }
}
