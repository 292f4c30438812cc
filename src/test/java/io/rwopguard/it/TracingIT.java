package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.rwopguard.testing.apiserver.ApiServer;
import io.rwopguard.testing.apiserver.InstalledService;
import io.rwopguard.testing.process.Collector;
import io.rwopguard.testing.process.Collector.Span;
import io.rwopguard.testing.process.DocumentedMetrics;
import io.rwopguard.testing.process.Metrics;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Traces of the packaged service and of the API server that calls it, as a real OpenTelemetry
 * Collector receives them.
 */
// late, since a new machine builds the collector near the end
@Order(Order.DEFAULT + 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TracingIT {

  private static final String ABOUT = "rwop_guard.";
  private static final String SPANS = "rwop_guard_trace_spans_total{outcome=\"%s\"} ";

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String MARKER = "1bf92f3577b34da6a3ce929d0e0e4736";
  private static final String ROOT = "00f067aa0ba902b7";

  private ApiServer api;
  private Collector collector;
  private InstalledService service;

  @BeforeAll
  void start() throws Exception {
    api = ApiServer.running();
    api.assumeAtLeast(33, "traces that an administrator's client starts");
    collector = Collector.orSkip(api.traces());
    service =
        new InstalledService(
            api,
            Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                collector.url(),
                "OTEL_BSP_SCHEDULE_DELAY",
                "100",
                "OTEL_TRACES_SAMPLER_ARG",
                "0",
                "OTEL_RESOURCE_ATTRIBUTES",
                "k8s.pod.name=rwop-guard-1,k8s.namespace.name=guard",
                "JAVA_TOOL_OPTIONS",
                "-Xlog:class+load:file=classes.log"));
    // now, since the API server exports its spans after five seconds
    String manifest =
        InstalledService.VOLUME.formatted("traced", "ReadWriteOncePod", "hostPath: {path: /x}");
    try (KubernetesClient client = recording("00-" + TRACE + "-" + ROOT + "-01")) {
      assertThatThrownBy(() -> client.resource(manifest).create())
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining("csi-only");
    }
  }

  @AfterAll
  void stop() {
    if (service != null) {
      service.close();
    }
    if (collector != null) {
      collector.close();
    }
  }

  /** A client with all rights that records its requests: the API server obeys only these. */
  private KubernetesClient recording(String traceparent) {
    return new KubernetesClientBuilder()
        .withConfig(api.client().getConfiguration())
        .withHttpClientBuilderConsumer(
            builder ->
                builder.addOrReplaceInterceptor(
                    "trace",
                    new Interceptor() {
                      @Override
                      public void before(
                          BasicBuilder request, HttpRequest built, RequestTags tags) {
                        request.setHeader("traceparent", traceparent);
                      }
                    }))
        .build();
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void a_refusal_is_a_child_of_the_api_servers_span() {
    Span review =
        collector.await(
            "the review",
            span -> span.name().equals("POST /validate") && span.trace().equals(TRACE));
    assertThat(review.service()).isEqualTo("rwop-guard");
    assertThat(Collector.attribute(review.resource(), "k8s.pod.name")).isEqualTo("rwop-guard-1");
    assertThat(Collector.attribute(review.resource(), "service.version")).matches("\\d+\\..*");
    assertThat(review.attribute("http.response.status_code")).isEqualTo("200");
    assertThat(review.attribute(ABOUT + "operation")).isEqualTo("CREATE");
    assertThat(review.attribute(ABOUT + "kind")).isEqualTo("PersistentVolume");
    assertThat(review.attribute(ABOUT + "name")).isEqualTo("traced");
    assertThat(review.attribute(ABOUT + "allowed")).isEqualTo("false");
    assertThat(review.attribute(ABOUT + "code")).isEqualTo("403");
    assertThat(review.attribute(ABOUT + "rules")).contains("csi-only");
    assertThat(review.attribute(ABOUT + "dry_run")).isEqualTo("false");
    assertThat(review.attribute(ABOUT + "uid")).isNotEmpty();
    assertThat(review.json().toString()).doesNotContain("/x");

    Span caller = collector.await("the call", span -> span.id().equals(review.parent()));
    assertThat(caller.service()).isEqualTo("apiserver");
    Span request = caller;
    while (!request.parent().equals(ROOT)) {
      String parent = request.parent();
      request = collector.await("the request", span -> span.id().equals(parent));
    }
    assertThat(request.service()).isEqualTo("apiserver");
    assertThat(request.trace()).isEqualTo(TRACE);
  }

  @Test
  void the_live_reads_of_a_review_are_its_children() {
    String trace = "0af7651916cd43dd8448eb211c80319c";
    try (KubernetesClient client = recording("00-" + trace + "-b7ad6b7169203331-01")) {
      client.resource(InstalledService.POD.formatted("traced", "not-there")).dryRun().create();
    }
    Span read =
        collector.await(
            "the read",
            span ->
                span.name().equals("read PersistentVolumeClaim")
                    && span.service().equals("rwop-guard")
                    && span.trace().equals(trace));
    assertThat(read.attribute(ABOUT + "namespace")).isEqualTo(InstalledService.MUTATED);
    assertThat(read.attribute(ABOUT + "name")).isEqualTo("not-there");
    assertThat(read.attribute(ABOUT + "outcome")).isEqualTo("absent");
    Span review = collector.await("the review", span -> span.id().equals(read.parent()));
    assertThat(review.name()).startsWith("POST /");
    assertThat(review.attribute(ABOUT + "dry_run")).isEqualTo("true");
  }

  @Test
  void what_nobody_records_is_not_exported_and_metrics_count_the_rest() throws Exception {
    api.kubectl(
        InstalledService.CLAIM.formatted("unrecorded", "ReadWriteOncePod"),
        "create",
        "--dry-run=server",
        "-f",
        "-");
    api.kubectl("", "get", "pods");
    // spans arrive in the order in which they end, so one of the first would be there by now
    try (KubernetesClient client = recording("00-" + MARKER + "-b7ad6b7169203331-01")) {
      client.resource(InstalledService.POD.formatted("marker", "not-there")).dryRun().create();
    }
    collector.await(
        "the marker",
        span ->
            span.name().startsWith("POST /")
                && span.service().equals("rwop-guard")
                && span.trace().equals(MARKER));
    assertThat(collector.spans())
        .noneMatch(span -> span.attribute(ABOUT + "name").equals("unrecorded"));
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(
                        Metrics.value(
                            service.process().management("/q/metrics").body(),
                            SPANS.formatted("exported")))
                    .isPositive());
    String metrics = service.process().management("/q/metrics").body();
    DocumentedMetrics.assertDocumented(metrics);
    assertThat(Metrics.value(metrics, SPANS.formatted("dropped"))).isZero();
    assertThat(classes(service.process())).contains("io.opentelemetry.sdk.trace.");
  }

  private static String classes(ServiceProcess service) throws IOException {
    return Files.readString(service.directory().resolve(Path.of("classes.log")));
  }
}
