package io.rwopguard.server.limits;

import io.rwopguard.server.limits.RefusedBodyException.Reason;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;

/**
 * Reads the body of a request without a thread that waits for it. Memory grows with what has
 * arrived, and not with the length that the caller declares.
 */
public final class IncomingBody {

  private final IncomingBodies limits;
  private final Context context;
  private final long most;
  private final long started = System.nanoTime();
  private final Promise<byte[]> whole = Promise.promise();
  private Buffer buffer = Buffer.buffer();
  private boolean ended;

  /** The bytes that the limits have counted. Only they read and write it, under their lock. */
  int held;

  private IncomingBody(IncomingBodies limits, Context context, long most) {
    this.limits = limits;
    this.context = context;
    this.most = most;
  }

  /**
   * Reads a body, on the event loop of its connection.
   *
   * @param context the context of the request
   * @param most the bytes that a body may have
   * @return the body; it fails with {@link RefusedBodyException}
   */
  public static Future<byte[]> read(
      HttpServerRequest request, IncomingBodies limits, Context context, long most) {
    IncomingBody body = new IncomingBody(limits, context, most);
    limits.add(body);
    request
        .exceptionHandler(gone -> body.end(Reason.GONE, "the caller has gone"))
        .endHandler(end -> body.complete())
        .handler(body::append);
    return body.whole.future();
  }

  long started() {
    return started;
  }

  private void append(Buffer chunk) {
    if (ended) {
      return;
    }
    if (buffer.length() + (long) chunk.length() > most) {
      end(Reason.TOO_LARGE, "the body has more than the maximum of %d MiB".formatted(most >> 20));
      return;
    }
    buffer.appendBuffer(chunk);
    limits.grew(this, chunk.length());
  }

  private void complete() {
    if (!ended) {
      ended = true;
      limits.remove(this);
      byte[] bytes = buffer.getBytes();
      buffer = null;
      whole.complete(bytes);
    }
  }

  /** Refuses the body; the limits have forgotten it. */
  void refuse(Reason reason, String message) {
    context.runOnContext(now -> end(reason, message));
  }

  private void end(Reason reason, String message) {
    if (!ended) {
      ended = true;
      limits.remove(this);
      buffer = null;
      whole.fail(new RefusedBodyException(reason, message));
    }
  }
}
