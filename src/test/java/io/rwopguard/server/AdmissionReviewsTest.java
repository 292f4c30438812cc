package io.rwopguard.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.random.RandomWorkloads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdmissionReviewsTest {

  @ParameterizedTest
  @ValueSource(strings = {"[],", "{},", "1,", "{\"\":1},", "[[]],"})
  void a_body_of_many_values_is_dense(String value) {
    byte[] body = ("[" + value.repeat(1000) + "1]").getBytes(UTF_8);
    assertThat(AdmissionReviews.isDense(body)).isTrue();
  }

  @Test
  void no_review_of_a_workload_is_dense() {
    for (int number = 0; number < 2000; number++) {
      String workload = RandomWorkloads.of(7, number, true).toString();
      String review = Reviews.create(workload).toString();
      assertThat(AdmissionReviews.isDense(review.getBytes(UTF_8))).as(review).isFalse();
    }
  }

  @Test
  void fields_of_managers_are_not_dense() {
    String field =
        "\"f:livenessProbe\":{\".\":{},\"f:port\":{}},\"k:{\\\"name\\\":\\\"a\\\"}\":{},";
    String managed = "{\"f:spec\":{" + field.repeat(500) + "\"f:a\":{}}}";
    assertThat(AdmissionReviews.isDense(managed.getBytes(UTF_8))).isFalse();
  }
}
