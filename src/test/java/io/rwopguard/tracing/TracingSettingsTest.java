package io.rwopguard.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Variables that switch tracing on, and wrong ones, of which no value is shown. */
class TracingSettingsTest {

  private static final String ENDPOINT = "otel.exporter.otlp.endpoint";
  private static final String SAMPLER_ARG = "otel.traces.sampler.arg";
  private static final String URL = "http://collector:4318";

  private static boolean isOn(Map<String, String> settings) {
    return new TracingSettings(settings::get).isOn();
  }

  @Test
  void a_collector_switches_it_on() {
    assertThat(isOn(Map.of())).isFalse();
    assertThat(isOn(Map.of(ENDPOINT, " "))).isFalse();
    assertThat(isOn(Map.of(ENDPOINT, URL))).isTrue();
    assertThat(isOn(Map.of("otel.exporter.otlp.traces.endpoint", URL + "/v1/traces"))).isTrue();
    assertThat(isOn(Map.of(ENDPOINT, URL, "otel.exporter.otlp.protocol", "http/protobuf")))
        .isTrue();
  }

  @Test
  void the_variables_of_the_sdk_switch_it_off() {
    assertThat(isOn(Map.of(ENDPOINT, URL, "otel.sdk.disabled", "TRUE"))).isFalse();
    assertThat(isOn(Map.of(ENDPOINT, URL, "otel.traces.exporter", "none"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "collector:4318",
        "user:pass@collector",
        "ftp://user:pass@collector",
        "https://",
        "http://a b"
      })
  void a_wrong_address_is_refused_and_not_shown(String url) {
    assertThatThrownBy(() -> isOn(Map.of(ENDPOINT, url)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("OTEL_EXPORTER_OTLP_ENDPOINT: must be the URL")
        .hasMessageNotContaining(url);
  }

  @Test
  void another_protocol_is_refused() {
    assertThatThrownBy(() -> isOn(Map.of(ENDPOINT, URL, "otel.exporter.otlp.protocol", "grpc")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("OTEL_EXPORTER_OTLP_PROTOCOL: must be http/protobuf");
  }

  @ParameterizedTest
  @CsvSource({
    "otel.exporter.otlp.headers, top-secret",
    "otel.traces.exporter, top-secret",
    "otel.traces.sampler, top-secret",
    "otel.traces.sampler.arg, top-secret",
    "otel.exporter.otlp.timeout, top-secret",
    "otel.propagators, top-secret",
    "otel.resource.attributes, top-secret"
  })
  void a_wrong_variable_of_the_sdk_is_named_and_not_shown(String name, String value) {
    Map<String, String> settings = new HashMap<>(OpenTelemetrySpans.DEFAULTS);
    settings.put(ENDPOINT, URL);
    settings.put(name, value);
    assertThatThrownBy(
            () -> OpenTelemetrySpans.start(new SimpleMeterRegistry(), "1", settings).stop())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(TracingSettings.variable(name))
        .hasMessageNotContaining("top-secret")
        .hasNoCause();
  }

  @Test
  void the_variable_of_the_signal_wins() {
    String general = "otel.exporter.otlp.";
    String traces = "otel.exporter.otlp.traces.";
    assertThat(
            isOn(
                Map.of(
                    general + "endpoint",
                    "collector:4317",
                    general + "protocol",
                    "grpc",
                    general + "certificate",
                    "/not/there",
                    traces + "endpoint",
                    URL + "/v1/traces",
                    traces + "protocol",
                    "http/protobuf",
                    traces + "certificate",
                    "pom.xml")))
        .isTrue();
    assertThatThrownBy(
            () ->
                isOn(
                    Map.of(
                        ENDPOINT,
                        URL,
                        general + "protocol",
                        "http/protobuf",
                        traces + "protocol",
                        "grpc")))
        .hasMessageContaining("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: must be http/protobuf");
  }

  @ParameterizedTest
  @CsvSource({
    "otel.exporter.otlp.certificate, /top/secret, names no file",
    "otel.exporter.otlp.client.key, /top/\u0000secret, names no file",
    "otel.exporter.otlp.traces.client.certificate, /top/secret, names no file",
    "otel.bsp.max.queue.size, 0, must be at least 1",
    "otel.bsp.max.export.batch.size, -73, must be at least 1",
    "otel.bsp.schedule.delay, -73ms, must be at least 0",
    "otel.span.attribute.count.limit, -73, must be at least 0",
    "otel.traces.sampler.arg, 73, must be a share",
    "otel.traces.sampler.arg, NaN, must be a share"
  })
  void a_value_that_the_sdk_refuses_without_a_name_is_named(
      String name, String value, String problem) {
    assertThatThrownBy(() -> isOn(Map.of(ENDPOINT, URL, name, value)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(TracingSettings.variable(name) + ": " + problem)
        .hasMessageNotContaining("73")
        .hasMessageNotContaining("secret");
    assertThat(isOn(Map.of(ENDPOINT, URL, "otel.traces.sampler", "always_on", SAMPLER_ARG, "73")))
        .isTrue();
  }

  @Test
  void the_names_of_all_variables_are_there_if_the_sdk_names_none() {
    Map<String, String> settings = new HashMap<>(OpenTelemetrySpans.DEFAULTS);
    settings.put(ENDPOINT, URL);
    settings.put("otel.exporter.otlp.compression", "top-secret");
    assertThatThrownBy(
            () -> OpenTelemetrySpans.start(new SimpleMeterRegistry(), "1", settings).stop())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("OTEL_EXPORTER_OTLP_COMPRESSION")
        .hasMessageContaining("OTEL_EXPORTER_OTLP_ENDPOINT")
        .hasMessageNotContaining("OTEL_SERVICE_NAME")
        .hasMessageNotContaining("top-secret");
  }

  @Test
  void a_wrong_variable_costs_the_traces_and_is_logged() {
    Logger log = Logger.getLogger(getClass());
    List<String> lines = new ArrayList<>();
    Handler handler = new LinesHandler(lines);
    java.util.logging.Logger.getLogger(getClass().getName()).addHandler(handler);
    try {
      TracingSettings wrong =
          new TracingSettings(
              Map.of(ENDPOINT, URL, "otel.exporter.otlp.protocol", "top-secret")::get);
      assertThat(
              Tracing.started(
                  wrong,
                  log,
                  () -> {
                    throw new AssertionError("started");
                  }))
          .isEmpty();
      TracingSettings right = new TracingSettings(Map.of(ENDPOINT, URL)::get);
      assertThat(
              Tracing.started(
                  right,
                  log,
                  () -> {
                    throw new NoClassDefFoundError("top-secret");
                  }))
          .isEmpty();
    } finally {
      java.util.logging.Logger.getLogger(getClass().getName()).removeHandler(handler);
    }
    assertThat(lines)
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).startsWith("ERROR").doesNotContain("top-secret"));
    assertThat(lines.get(0)).contains("no traces are recorded: OTEL_EXPORTER_OTLP_PROTOCOL");
    assertThat(lines.get(1)).contains("NoClassDefFoundError");
  }
}
