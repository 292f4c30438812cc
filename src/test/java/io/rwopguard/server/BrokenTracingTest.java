package io.rwopguard.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.rwopguard.tracing.BrokenTracing;
import io.rwopguard.tracing.Tracing;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reviews while tracing fails at everything. */
@QuarkusTest
@TestProfile(BrokenTracingTest.Broken.class)
class BrokenTracingTest extends HttpTestBase {

  /** Replaces tracing. */
  public static class Broken implements QuarkusTestProfile {

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
      return Set.of(Producer.class);
    }
  }

  @Alternative
  @Singleton
  static class Producer {

    @Produces
    @Singleton
    Tracing tracing() {
      return BrokenTracing.tracing();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, AdmissionReviews.LARGE})
  void a_review_has_its_answer(int size) {
    int before = BrokenTracing.failures();
    for (int i = 0; i < 4; i++) {
      ObjectNode good = Reviews.create(GOOD_VOLUME);
      ((ObjectNode) Reviews.request(good).path("object").path("metadata"))
          .putObject("annotations")
          .put("long", "x".repeat(size));
      post("/validate", good).statusCode(200).body("response.allowed", equalTo(true));
      post("/mutate", good).statusCode(200).body("response.allowed", equalTo(true));
      post("/validate", Reviews.create(GOOD_VOLUME.replace("Pod]", "Pod, ReadWriteOnce]")))
          .statusCode(200)
          .body("response.allowed", equalTo(false))
          .body("response.status.code", equalTo(403));
    }
    assertThat(BrokenTracing.failures()).isGreaterThan(before + 50);
  }
}
