package io.rwopguard.tracing;

import io.opentelemetry.exporter.internal.FailedExportException.HttpExportException;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Counts exported spans, and reports that the collector does not take them: once, until it does
 * again, and once a minute at most. The SDK would report each batch, and may print an address with
 * a password in it.
 */
final class ReportingExporter implements SpanExporter {

  private static final long QUIET = Duration.ofMinutes(1).toNanos();

  private final SpanExporter exporter;
  private final SpanMetrics metrics;
  private final Logger log;
  private final LongSupplier nanos;
  private final Executor timeout;
  private boolean reported;
  private long quietUntil;

  /**
   * Creates an exporter.
   *
   * @param timeout does work after the time for which the SDK waits for an export
   */
  ReportingExporter(
      SpanExporter exporter,
      SpanMetrics metrics,
      Logger log,
      LongSupplier nanos,
      Executor timeout) {
    this.exporter = exporter;
    this.metrics = metrics;
    this.log = log;
    this.nanos = nanos;
    this.timeout = timeout;
    this.quietUntil = nanos.getAsLong();
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    int count = spans.size();
    AtomicBoolean over = new AtomicBoolean();
    CompletableResultCode result;
    try {
      result = exporter.export(spans);
    } catch (RuntimeException | LinkageError e) {
      result = CompletableResultCode.ofExceptionalFailure(e);
    }
    CompletableResultCode export = result;
    export.whenComplete(() -> completed(export, count, over));
    if (!export.isDone()) {
      timeout.execute(() -> completed(export, count, over));
    }
    return export;
  }

  /** Counts an export once: when it has a result, or when the SDK no longer waits for one. */
  private void completed(CompletableResultCode export, int count, AtomicBoolean over) {
    if (over.getAndSet(true)) {
      return;
    }
    if (export.isSuccess()) {
      metrics.exported(count);
      succeeded();
    } else {
      metrics.failed(count);
      failed(export.getFailureThrowable());
    }
  }

  private synchronized void succeeded() {
    if (reported) {
      reported = false;
      log.info("export of traces: resolved");
    }
  }

  private synchronized void failed(Throwable failure) {
    long now = nanos.getAsLong();
    if (reported || now - quietUntil < 0) {
      return;
    }
    reported = true;
    quietUntil = now + QUIET;
    log.warnf(
        "export of traces: the collector does not take spans (%s), so they are lost. Reviews and failovers are not affected. Check OTEL_EXPORTER_OTLP_ENDPOINT, the credentials in OTEL_EXPORTER_OTLP_HEADERS, and the NetworkPolicies between them",
        textOf(failure));
  }

  /** Returns the status or the kind of a failure. Its message may name the whole address. */
  static String textOf(Throwable failure) {
    if (failure instanceof HttpExportException http && http.failedWithResponse()) {
      return "HTTP status " + http.getResponse().getStatusCode();
    }
    Throwable cause = failure;
    while (cause != null && cause.getCause() != null && isWrapper(cause)) {
      cause = cause.getCause();
    }
    return cause == null ? "no answer" : cause.getClass().getSimpleName();
  }

  private static boolean isWrapper(Throwable failure) {
    return failure instanceof HttpExportException
        || failure instanceof CompletionException
        || failure instanceof UncheckedIOException;
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }
}
