package io.rwopguard.tracing;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Reads the environment variables of OpenTelemetry that decide whether anything is recorded. The
 * SDK reads the others, and these again, if it is started. A message never has a value of theirs:
 * addresses and headers may have credentials in them.
 */
final class TracingSettings {

  private static final String DISABLED = "otel.sdk.disabled";
  private static final String EXPORTER = "otel.traces.exporter";

  private static final List<String> ENDPOINTS =
      List.of("otel.exporter.otlp.traces.endpoint", "otel.exporter.otlp.endpoint");
  private static final List<String> PROTOCOLS =
      List.of("otel.exporter.otlp.traces.protocol", "otel.exporter.otlp.protocol");
  private static final String PROTOCOL = "http/protobuf";
  private static final Set<String> SCHEMES = Set.of("http", "https");

  private final UnaryOperator<String> values;

  /**
   * Reads the settings from a source.
   *
   * @param values returns the value of a property, or {@code null}
   */
  TracingSettings(UnaryOperator<String> values) {
    this.values = values;
  }

  /** Returns the settings of this process, from the places at which the SDK finds them. */
  static TracingSettings ofProcess() {
    return new TracingSettings(
        name -> {
          String property = System.getProperty(name);
          return property == null ? System.getenv(variable(name)) : property;
        });
  }

  /** Returns the environment variable of a property. */
  static String variable(String name) {
    return name.toUpperCase(Locale.ROOT).replace('.', '_');
  }

  private Optional<String> value(String name) {
    return Optional.ofNullable(values.apply(name)).map(String::strip).filter(it -> !it.isEmpty());
  }

  /**
   * Returns whether spans are recorded and exported: a collector is named.
   *
   * @throws ConfigurationException if the collector is not named as it must be
   */
  boolean isOn() {
    if (value(DISABLED).filter("true"::equalsIgnoreCase).isPresent()
        || value(EXPORTER).filter("none"::equals).isPresent()
        || ENDPOINTS.stream().allMatch(name -> value(name).isEmpty())) {
      return false;
    }
    for (String name : ENDPOINTS) {
      if (value(name).filter(url -> !isUrl(url)).isPresent()) {
        throw new ConfigurationException(
            "%s: must be the URL of an OpenTelemetry Collector's OTLP receiver, such as http://collector.observability:4318. Correct it, or remove it to record no traces"
                .formatted(variable(name)));
      }
    }
    for (String name : PROTOCOLS) {
      if (value(name).filter(protocol -> !protocol.equals(PROTOCOL)).isPresent()) {
        throw new ConfigurationException(
            "%s: must be %s, because rwop-guard speaks no other protocol to the collector. Remove it, and use the collector's port for HTTP, which is 4318"
                .formatted(variable(name), PROTOCOL));
      }
    }
    return true;
  }

  private static boolean isUrl(String text) {
    try {
      URI uri = new URI(text);
      return uri.getScheme() != null
          && SCHEMES.contains(uri.getScheme().toLowerCase(Locale.ROOT))
          && uri.getHost() != null;
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
