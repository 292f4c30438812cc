package io.rwopguard.server;

import io.rwopguard.model.MalformedObjectException;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Serves the two webhooks of the API server. It runs on the event loop; only a live read leaves it.
 */
@Path("/")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class AdmissionResource {

  private final Validator validator;
  private final Mutator mutator;
  private final AdmissionLog log;

  AdmissionResource(Validator validator, Mutator mutator, AdmissionLog log) {
    this.validator = validator;
    this.mutator = mutator;
    this.log = log;
  }

  /** Answers whether the object of an AdmissionReview may be stored. */
  @POST
  @Path("validate")
  public Uni<Response> validate(byte[] body) {
    return answer(Webhook.VALIDATE, body, validator::decide);
  }

  /** Answers with the changes to make to the object of an AdmissionReview. */
  @POST
  @Path("mutate")
  public Uni<Response> mutate(byte[] body) {
    return answer(Webhook.MUTATE, body, mutator::decide);
  }

  private Uni<Response> answer(
      Webhook webhook,
      byte[] body,
      Function<AdmissionRequest, CompletionStage<AdmissionResponse>> decide) {
    long start = System.nanoTime();
    AdmissionRequest request;
    try {
      request = ReviewReader.read(body == null ? new byte[0] : body);
    } catch (BadReviewException e) {
      log.badReview(webhook, e, start);
      return Uni.createFrom().item(badReview(e));
    }
    CompletionStage<AdmissionResponse> decision;
    try {
      decision = decide.apply(request);
    } catch (RuntimeException e) {
      decision = CompletableFuture.failedFuture(e);
    }
    return Uni.createFrom()
        .completionStage(
            decision
                .exceptionally(failure -> failed(request, failure))
                .thenApply(
                    response -> {
                      log.answered(webhook, request, response, start);
                      return http(response);
                    }));
  }

  private AdmissionResponse failed(AdmissionRequest request, Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof MalformedObjectException malformed) {
      return AdmissionResponse.failed(request.uid(), 400, malformed.getMessage());
    }
    log.bug(request, cause);
    return AdmissionResponse.failed(
        request.uid(), 500, "internal error of rwop-guard; see its log");
  }

  private static Response badReview(BadReviewException e) {
    if (e.uid().isEmpty()) {
      return Response.status(400).type(MediaType.TEXT_PLAIN).entity(e.getMessage() + "\n").build();
    }
    return http(AdmissionResponse.failed(e.uid(), 400, e.getMessage()));
  }

  /**
   * Returns the HTTP response. A refusal is an answer with status 200. An internal error has status
   * 500: the API server then applies the failurePolicy, which is the cluster's own choice.
   */
  private static Response http(AdmissionResponse response) {
    return Response.status(response.code() == 500 ? 500 : 200)
        .type(MediaType.APPLICATION_JSON)
        .entity(response.toReview())
        .build();
  }
}
