package io.rwopguard.cluster;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Says what goes wrong with the cluster's objects once, and once more when it is over. */
public final class Problems {

  private static final int FORBIDDEN = 403;
  private static final int UNPROCESSABLE = 422;

  private final Map<String, String> open = new ConcurrentHashMap<>();
  private final Logger log;
  private final String document;

  /**
   * Keeps the problems of one part of the service.
   *
   * @param part whose log they are said in
   * @param document that lists the rights it needs
   */
  public Problems(Class<?> part, String document) {
    this.log = Logger.getLogger(part);
    this.document = document;
  }

  /** There is a problem with this. */
  public void found(String subject, String problem) {
    if (!problem.equals(open.put(subject, problem))) {
      log.warnf("%s: %s", subject, problem);
    }
  }

  /** There is a problem with this, and this is what came of it. */
  public void found(String subject, Throwable failure) {
    found(subject, describe(failure));
  }

  /** There is none with this any more. */
  public void solved(String subject) {
    if (open.remove(subject) != null) {
      log.infof("%s: as it should be again", subject);
    }
  }

  /** This is not looked at any more, whatever was wrong with it. */
  public void forget(String subject) {
    open.remove(subject);
  }

  /** What is wrong with this now. */
  public Optional<String> with(String subject) {
    return Optional.ofNullable(open.get(subject));
  }

  /** What the API server said in its refusal, or what else a failure says of itself. */
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
          ? "%s (it is tried again; if it lasts, check the network to the API server)"
              .formatted(cause)
          : "%s (it is tried again; if it lasts, report it with the log around it)"
              .formatted(cause);
    }
    KubernetesClientException refusal = (KubernetesClientException) cause;
    String advice =
        switch (refusal.getCode()) {
          case FORBIDDEN ->
              "give it the verbs that %s lists; it is tried again".formatted(document);
          case UNPROCESSABLE ->
              "if an admission policy or webhook denies it, exempt this ServiceAccount there; it is tried again";
          default -> "it is tried again; if it lasts, see the API server's log";
        };
    return "%s (%s)".formatted(refusal.getStatus().getMessage(), advice);
  }

  private static boolean hasStatus(Throwable failure) {
    return failure instanceof KubernetesClientException e
        && e.getStatus() != null
        && e.getStatus().getMessage() != null;
  }
}
