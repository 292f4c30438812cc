package io.rwopguard.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Reports each problem with objects in the cluster once, and once more when it is over. */
public final class ConditionLog {

  private static final int FORBIDDEN = 403;
  private static final int UNPROCESSABLE = 422;

  private final Map<String, String> open = new ConcurrentHashMap<>();
  private final Logger log;
  private final String document;

  /**
   * Creates a reporter of the problems of one part of the service.
   *
   * @param part the part whose log has the messages
   * @param document the document that lists the rights that the part needs
   */
  public ConditionLog(Class<?> part, String document) {
    this.log = Logger.getLogger(part);
    this.document = document;
  }

  /** Reports a problem, unless it is already reported. */
  public void found(String subject, String problem) {
    if (!problem.equals(open.put(subject, problem))) {
      log.warnf("%s: %s", subject, problem);
    }
  }

  /** Reports a problem by its failure, unless it is already reported. */
  public void found(String subject, Throwable failure) {
    found(subject, describe(failure));
  }

  /** Reports that a problem is over, if there was one. */
  public void solved(String subject) {
    if (open.remove(subject) != null) {
      log.infof("%s: resolved", subject);
    }
  }

  /** Forgets a problem, since its subject is no longer watched. */
  public void forget(String subject) {
    open.remove(subject);
  }

  /** Returns the present problem of a subject. */
  public Optional<String> with(String subject) {
    return Optional.ofNullable(open.get(subject));
  }

  /** Returns the API server's message about a refusal, else the text of the failure. */
  public static String textOf(Throwable failure) {
    return hasStatus(failure)
        ? ((KubernetesClientException) failure).getStatus().getMessage()
        : String.valueOf(failure);
  }

  private String describe(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !hasStatus(cause)) {
      cause = cause.getCause();
    }
    if (!hasStatus(cause)) {
      return cause instanceof IOException
          ? "%s (retrying; if this persists, check the network to the API server)".formatted(cause)
          : "%s (retrying; if this persists, report it with the log around it)".formatted(cause);
    }
    KubernetesClientException refusal = (KubernetesClientException) cause;
    String advice =
        switch (refusal.getCode()) {
          case FORBIDDEN -> "grant it the verbs that %s lists; retrying".formatted(document);
          case UNPROCESSABLE ->
              "if an admission policy or webhook denies it, exempt this ServiceAccount there; retrying";
          default -> "retrying; if this persists, see the API server's log";
        };
    return "%s (%s)".formatted(refusal.getStatus().getMessage(), advice);
  }

  private static boolean hasStatus(Throwable failure) {
    return failure instanceof KubernetesClientException e
        && e.getStatus() != null
        && e.getStatus().getMessage() != null;
  }
}
