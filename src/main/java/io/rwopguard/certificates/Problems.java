package io.rwopguard.certificates;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Says what goes wrong with the cluster's objects once, and once more when it is over. */
final class Problems {

  private static final Logger LOG = Logger.getLogger("io.rwopguard.certificates");
  private static final int FORBIDDEN = 403;

  private final Map<String, String> open = new ConcurrentHashMap<>();

  /** There is a problem with this. */
  void found(String subject, String problem) {
    if (!problem.equals(open.put(subject, problem))) {
      LOG.warnf("%s: %s", subject, problem);
    }
  }

  void found(String subject, Throwable failure) {
    found(subject, describe(failure));
  }

  /** There is none with this any more. */
  void solved(String subject) {
    if (open.remove(subject) != null) {
      LOG.infof("%s: as it should be again", subject);
    }
  }

  /** What is wrong with this now. */
  Optional<String> with(String subject) {
    return Optional.ofNullable(open.get(subject));
  }

  private static String describe(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !hasStatus(cause)) {
      cause = cause.getCause();
    }
    if (!hasStatus(cause)) {
      return "%s (tried again)".formatted(cause);
    }
    KubernetesClientException refusal = (KubernetesClientException) cause;
    String advice =
        refusal.getCode() == FORBIDDEN
            ? "give it the verbs that docs/certificates.md lists; it is tried again"
            : "tried again";
    return "%s (%s)".formatted(refusal.getStatus().getMessage(), advice);
  }

  private static boolean hasStatus(Throwable failure) {
    return failure instanceof KubernetesClientException e
        && e.getStatus() != null
        && e.getStatus().getMessage() != null;
  }
}
