package io.rwopguard.server;

import io.rwopguard.log.RateLimitedLog;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.NotSupportedException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Answers requests that are no admission review with a plain message. */
final class ExceptionMappers {

  private static final RateLimitedLog LOG =
      new RateLimitedLog(
          Logger.getLogger("io.rwopguard.admission"), "requests that are no review", 60);

  private final RejectedBodies rejected;

  ExceptionMappers(RejectedBodies rejected) {
    this.rejected = rejected;
  }

  @ServerExceptionMapper
  Response notFound(NotFoundException e) {
    return plain(404, "this path does not exist; post an AdmissionReview to /validate or /mutate");
  }

  @ServerExceptionMapper
  Response notAllowed(NotAllowedException e) {
    return plain(405, "only POST is supported here, with an AdmissionReview as its body");
  }

  @ServerExceptionMapper
  Response notSupported(NotSupportedException e) {
    rejected.count(RejectedBodies.Reason.NOT_JSON);
    return plain(415, "the body's Content-Type must be application/json");
  }

  @ServerExceptionMapper
  Response other(WebApplicationException e) {
    return plain(e.getResponse().getStatus(), e.getResponse().getStatusInfo().getReasonPhrase());
  }

  private static Response plain(int status, String message) {
    LOG.warnf("bad request: %d %s", status, message);
    return Response.status(status).type(MediaType.TEXT_PLAIN).entity(message + "\n").build();
  }
}
