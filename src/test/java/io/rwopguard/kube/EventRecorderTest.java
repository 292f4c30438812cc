package io.rwopguard.kube;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventRecorderTest {

  /** The pattern of a DNS subdomain, which the API server asks for (RFC 1123). */
  private static final String SUBDOMAIN =
      "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "db-0",
        "db-",
        "a.b.",
        "db--",
        "long-name-of-sixty-three-characters-0123456789-0123456789-012345",
        "two-hundred-and-fifty-characters.0123456789.0123456789.0123456789.0123456789.0123456789."
            + "0123456789.0123456789.0123456789.0123456789.0123456789.0123456789.0123456789.01234567."
            + "0123456789.0123456789.0123456789.0123456789.0123456789.0123456789.0123456789.0123"
      })
  void the_name_of_an_event_is_one_that_an_api_server_takes(String object) {
    String name = EventRecorder.nameOfEvent(object);

    assertThat(name).matches(SUBDOMAIN).hasSizeLessThanOrEqualTo(253);
    assertThat(name).isNotEqualTo(EventRecorder.nameOfEvent(object));
  }
}
