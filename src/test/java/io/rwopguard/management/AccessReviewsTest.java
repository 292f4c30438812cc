package io.rwopguard.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatusBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewStatus;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Answers that no API server of the tests gives. ManagementAccessIT asks a real one. */
class AccessReviewsTest {

  private final List<SubjectAccessReview> asked = new ArrayList<>();
  private final List<TokenReview> tokens = new ArrayList<>();
  private TokenReviewStatus token = valid().build();
  private SubjectAccessReviewStatus access =
      new SubjectAccessReviewStatusBuilder().withAllowed(true).build();

  private static TokenReviewStatusBuilder valid() {
    return new TokenReviewStatusBuilder()
        .withAuthenticated(true)
        .withNewUser()
        .withUsername("reader")
        .withUid("17")
        .withGroups("readers", "system:authenticated")
        .withExtra(Map.of("pod", List.of("prometheus-0")))
        .endUser();
  }

  private Decision ask(String... audiences) {
    return new AccessReviews(
            review -> {
              tokens.add(review);
              return new TokenReviewBuilder(review).withStatus(token).build();
            },
            review -> {
              asked.add(review);
              return new SubjectAccessReviewBuilder(review).withStatus(access).build();
            },
            Set.of(audiences))
        .ask("secret", "/failover");
  }

  @Test
  void a_user_with_the_right_is_allowed_by_all_that_the_token_says() {
    assertThat(ask()).isEqualTo(Decision.allowed("reader"));
    assertThat(tokens.get(0).getSpec().getToken()).isEqualTo("secret");
    assertThat(tokens.get(0).getSpec().getAudiences()).isEmpty();
    var spec = asked.get(0).getSpec();
    assertThat(spec.getUser()).isEqualTo("reader");
    assertThat(spec.getUid()).isEqualTo("17");
    assertThat(spec.getGroups()).containsExactly("readers", "system:authenticated");
    assertThat(spec.getExtra()).isEqualTo(Map.of("pod", List.of("prometheus-0")));
    assertThat(spec.getNonResourceAttributes().getPath()).isEqualTo("/failover");
    assertThat(spec.getNonResourceAttributes().getVerb()).isEqualTo("get");
    assertThat(spec.getResourceAttributes()).isNull();
  }

  @Test
  void only_a_clear_answer_makes_a_token_valid() {
    List<TokenReviewStatus> unclear = new ArrayList<>();
    unclear.add(null);
    unclear.add(new TokenReviewStatus());
    unclear.add(valid().withAuthenticated(false).build());
    unclear.add(valid().withAuthenticated(null).build());
    unclear.add(valid().withError("cannot be checked").build());
    unclear.add(valid().withUser(null).build());
    unclear.add(valid().editUser().withUsername("").endUser().build());
    for (TokenReviewStatus each : unclear) {
      token = each;
      assertThat(ask()).as("" + each).isEqualTo(Decision.UNAUTHENTICATED);
    }
    assertThat(asked).isEmpty();
  }

  @Test
  void only_a_clear_answer_allows() {
    List<SubjectAccessReviewStatus> unclear = new ArrayList<>();
    unclear.add(null);
    unclear.add(new SubjectAccessReviewStatus());
    unclear.add(new SubjectAccessReviewStatusBuilder().withAllowed(false).build());
    unclear.add(new SubjectAccessReviewStatusBuilder().withAllowed(true).withDenied(true).build());
    for (SubjectAccessReviewStatus each : unclear) {
      access = each;
      assertThat(ask()).as("" + each).isEqualTo(Decision.forbidden("reader"));
    }
  }

  @Test
  void a_token_must_have_one_of_the_audiences_if_some_are_set() {
    token = valid().withAudiences("rwop-guard").build();
    assertThat(ask("metrics", "rwop-guard")).isEqualTo(Decision.allowed("reader"));
    assertThat(tokens.get(0).getSpec().getAudiences()).containsExactly("metrics", "rwop-guard");

    token = valid().withAudiences("https://kubernetes.default.svc").build();
    assertThat(ask("rwop-guard")).isEqualTo(Decision.UNAUTHENTICATED);
    token = valid().build();
    assertThat(ask("rwop-guard")).isEqualTo(Decision.UNAUTHENTICATED);
  }

  @Test
  void a_request_that_fails_is_no_answer() {
    AccessReviews without =
        new AccessReviews(
            review -> {
              throw new KubernetesClientException("no route");
            },
            review -> review,
            Set.of());
    assertThatThrownBy(() -> without.ask("secret", "/failover"))
        .isInstanceOf(KubernetesClientException.class);
  }

  @Test
  void a_user_name_forges_no_line() {
    token = valid().editUser().withUsername("a\nb").endUser().build();
    assertThat(ask()).isEqualTo(Decision.allowed("a?b"));
    assertThat(asked.get(0).getSpec().getUser()).isEqualTo("a\nb");
  }
}
