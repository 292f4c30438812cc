package io.rwopguard.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.api.Test;

/** Reads the managers of fields, which are the largest part of many requests. */
class ReviewReaderTest {

  @Test
  void says_what_is_wrong_with_bytes_that_look_like_utf_32() {
    byte[] body = "{\0\0\0\0\0\0\0\0AdmissionReview".getBytes(UTF_8);

    assertThatExceptionOfType(BadReviewException.class)
        .isThrownBy(() -> ReviewReader.read(body))
        .withMessageContaining("not UTF-8 text");
  }

  @Test
  void reads_only_the_strategy_of_what_a_manager_has_set() {
    ObjectNode review =
        Reviews.create(
            """
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: db, managedFields: [
              {manager: ci, operation: Apply, apiVersion: apps/v1, fieldsV1: {'f:metadata': {'f:labels': {}},
                'f:spec': {'f:replicas': {}, 'f:strategy': {'f:type': {}}, 'f:template': {'f:spec': {}}}}},
              {manager: x, operation: Update, fieldsV1: null}, {manager: y, fieldsV1: {'f:spec': 1}}]}}
            """);

    assertThat(
            ReviewReader.read(review.toString().getBytes(UTF_8))
                .object()
                .at("/metadata/managedFields"))
        .isEqualTo(
            Manifests.parse(
                    """
                    {a: [{manager: ci, operation: Apply, fieldsV1: {'f:spec': {'f:strategy': {'f:type': {}}}}},
                         {manager: x, operation: Update, fieldsV1: null}, {manager: y, fieldsV1: {'f:spec': 1}}]}
                    """)
                .path("a"));
  }
}
