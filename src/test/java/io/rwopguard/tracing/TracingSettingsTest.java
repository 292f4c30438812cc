package io.rwopguard.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Variables that switch tracing on, and wrong ones, of which no value is shown. */
class TracingSettingsTest {

  private static final String ENDPOINT = "otel.exporter.otlp.endpoint";
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
}
