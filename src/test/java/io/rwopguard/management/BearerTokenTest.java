package io.rwopguard.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BearerTokenTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"Bearer a.b-c_d~e+f/g==", "bearer a.b-c_d~e+f/g==", "BEARER  a.b-c_d~e+f/g== "})
  void the_scheme_has_any_case(String header) {
    assertThat(BearerToken.of(List.of(header))).contains("a.b-c_d~e+f/g==");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer a b",
        "Bearer a,Bearer b",
        "Bearera",
        "a",
        "Bearer =",
        "Bearer a=b",
        "Bearer \u00e9",
        "Bearer a\tb",
        "Bearer \"a\"",
        "Token a"
      })
  void anything_else_is_no_token(String header) {
    assertThat(BearerToken.of(List.of(header))).isEmpty();
  }

  @Test
  void one_header_has_one_token_of_limited_length() {
    assertThat(BearerToken.of(List.of())).isEmpty();
    assertThat(BearerToken.of(List.of("Bearer a", "Bearer b"))).isEmpty();
    assertThat(BearerToken.of(List.of("Bearer " + "a".repeat(16_000)))).isPresent();
    assertThat(BearerToken.of(List.of("Bearer " + "a".repeat(16_384)))).isEmpty();
  }
}
