package io.rwopguard.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks what the mutator reads of a request besides its object. */
class MutatorTest extends MutatorTestBase {

  @ParameterizedTest
  @CsvSource({"Update, false", "Apply, true"})
  void a_debug_copy_is_known_by_its_field_manager(String operation, boolean edited) {
    String manager =
        "name: a, managedFields: [{manager: kubectl, operation: %s, fieldsV1: {f: {}}}]"
            .formatted(operation);

    assertThat(createPod(manager, CLAIM).patch().isEmpty()).isNotEqualTo(edited);
  }

  @Test
  void the_requester_is_the_user_with_the_field_manager() {
    ObjectNode review = Reviews.create(STATEFUL_SET);
    ObjectNode request = Reviews.request(review);
    request.putObject("userInfo").put("username", "jane").putArray("groups").add("dev");
    request.putObject("options").put("kind", "CreateOptions").put("fieldManager", "helm");

    assertThat(ReviewReader.read(review.toString().getBytes(UTF_8)).requester())
        .isEqualTo("jane (field manager helm)");
  }
}
