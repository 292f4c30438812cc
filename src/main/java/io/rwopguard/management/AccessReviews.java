package io.rwopguard.management;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.SingleRequests;
import io.rwopguard.log.RateLimitedLog;
import io.rwopguard.model.Printable;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;

/**
 * Asks the API server whose token a caller has, and whether that user may get a path. Only a clear
 * yes to both questions allows it.
 */
final class AccessReviews implements Decisions.Question {

  private static final RateLimitedLog REFUSED =
      new RateLimitedLog(
          Logger.getLogger(AccessReviews.class), "refused callers of the management port", 10);

  /** The limit of each of the two requests; Prometheus gives up after ten seconds. */
  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  private static final int LONGEST_TEXT = 300;

  private final UnaryOperator<TokenReview> tokens;
  private final UnaryOperator<SubjectAccessReview> access;
  private final List<String> audiences;
  private final ConditionLog problems =
      new ConditionLog(AccessReviews.class, "charts/rwop-guard/README.md");

  AccessReviews(
      UnaryOperator<TokenReview> tokens,
      UnaryOperator<SubjectAccessReview> access,
      Set<String> audiences) {
    this.tokens = tokens;
    this.access = access;
    this.audiences = audiences.stream().sorted().toList();
  }

  /**
   * Creates questions to an API server.
   *
   * @param audiences those of which a token must have one; the API server's if there are none
   */
  static AccessReviews through(KubernetesClient client, Set<String> audiences) {
    KubernetesClient single = SingleRequests.within(TIMEOUT, client);
    return new AccessReviews(
        review -> single.tokenReviews().create(review),
        review -> single.authorization().v1().subjectAccessReview().create(review),
        audiences);
  }

  @Override
  public Decision ask(String token, String path) {
    TokenReview question =
        new TokenReviewBuilder()
            .withNewSpec()
            .withToken(token)
            .withAudiences(audiences)
            .endSpec()
            .build();
    TokenReviewStatus status = ask("TokenReview", () -> tokens.apply(question)).getStatus();
    if (!isValid(status)) {
      String error = status == null ? "" : text(status.getError());
      REFUSED.infof("refused a token for %s: %s", path, error.isEmpty() ? "not valid" : error);
      return Decision.UNAUTHENTICATED;
    }
    return mayGet(status.getUser(), path);
  }

  /** Returns whether a token is valid here. An error beside a yes is no clear yes. */
  private boolean isValid(TokenReviewStatus status) {
    return status != null
        && Boolean.TRUE.equals(status.getAuthenticated())
        && text(status.getError()).isEmpty()
        && status.getUser() != null
        && !text(status.getUser().getUsername()).isEmpty()
        && hasAudience(status);
  }

  /** An authenticator that knows no audiences accepts any, and then returns none. */
  private boolean hasAudience(TokenReviewStatus status) {
    return audiences.isEmpty()
        || (status.getAudiences() != null
            && status.getAudiences().stream().anyMatch(audiences::contains));
  }

  private Decision mayGet(UserInfo user, String path) {
    SubjectAccessReview question =
        new SubjectAccessReviewBuilder()
            .withNewSpec()
            .withUser(user.getUsername())
            .withUid(user.getUid())
            .withGroups(user.getGroups())
            .withExtra(user.getExtra())
            .withNewNonResourceAttributes()
            .withPath(path)
            .withVerb("get")
            .endNonResourceAttributes()
            .endSpec()
            .build();
    SubjectAccessReviewStatus status =
        ask("SubjectAccessReview", () -> access.apply(question)).getStatus();
    String name = text(user.getUsername());
    if (status != null
        && Boolean.TRUE.equals(status.getAllowed())
        && !Boolean.TRUE.equals(status.getDenied())) {
      return Decision.allowed(name);
    }
    String error = status == null ? "" : text(status.getEvaluationError());
    REFUSED.infof("refused %s for user %s%s", path, name, error.isEmpty() ? "" : ": " + error);
    return Decision.forbidden(name);
  }

  private <T> T ask(String kind, Supplier<T> question) {
    try {
      T answer = question.get();
      problems.solved(kind);
      return answer;
    } catch (RuntimeException e) {
      problems.found(kind, e);
      throw e;
    }
  }

  private static String text(String nullable) {
    return nullable == null ? "" : Printable.beginning(Printable.line(nullable), LONGEST_TEXT);
  }
}
