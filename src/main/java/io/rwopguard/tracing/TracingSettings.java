package io.rwopguard.tracing;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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
  private static final List<List<String>> FILES =
      Stream.of("certificate", "client.key", "client.certificate")
          .map(file -> List.of("otel.exporter.otlp.traces." + file, "otel.exporter.otlp." + file))
          .toList();

  /** Numbers with the lowest values that the SDK accepts: it does not name what it refuses. */
  private static final Map<String, Integer> NUMBERS =
      Map.ofEntries(
          Map.entry("otel.bsp.max.queue.size", 1),
          Map.entry("otel.bsp.max.export.batch.size", 1),
          Map.entry("otel.bsp.schedule.delay", 0),
          Map.entry("otel.bsp.export.timeout", 0),
          Map.entry("otel.exporter.otlp.timeout", 0),
          Map.entry("otel.exporter.otlp.traces.timeout", 0),
          Map.entry("otel.attribute.value.length.limit", 0),
          Map.entry("otel.attribute.count.limit", 0),
          Map.entry("otel.span.attribute.value.length.limit", 0),
          Map.entry("otel.span.attribute.count.limit", 0),
          Map.entry("otel.span.event.count.limit", 0),
          Map.entry("otel.span.link.count.limit", 0));

  /** A number, perhaps of a duration with a unit. */
  private static final Pattern NUMBER = Pattern.compile("(-?[0-9]{1,15})\\s*[a-z]*");

  private static final String SAMPLER = "otel.traces.sampler";
  private static final String SAMPLER_ARG = "otel.traces.sampler.arg";
  private static final String RATIO_SAMPLER = "traceidratio";

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
   * Returns whether spans are recorded and exported: a collector is named. Of two variables for one
   * setting, the one for traces counts, as in the SDK.
   *
   * @throws ConfigurationException if a variable has a value that cannot be used
   */
  boolean isOn() {
    if (value(DISABLED).filter("true"::equalsIgnoreCase).isPresent()
        || value(EXPORTER).filter("none"::equals).isPresent()
        || ENDPOINTS.stream().allMatch(name -> value(name).isEmpty())) {
      return false;
    }
    used(ENDPOINTS)
        .filter(name -> !isUrl(valueOf(name)))
        .ifPresent(
            name -> {
              throw new ConfigurationException(
                  "%s: must be the URL of an OpenTelemetry Collector's OTLP receiver, such as http://collector.observability:4318. Correct it, or remove it to record no traces"
                      .formatted(variable(name)));
            });
    used(PROTOCOLS)
        .filter(name -> !valueOf(name).equals(PROTOCOL))
        .ifPresent(
            name -> {
              throw new ConfigurationException(
                  "%s: must be %s, because rwop-guard speaks no other protocol to the collector. Remove it, or set %s, and use the collector's port for HTTP, which is 4318"
                      .formatted(variable(name), PROTOCOL, variable(PROTOCOLS.get(0))));
            });
    for (List<String> files : FILES) {
      used(files)
          .filter(name -> !isFile(valueOf(name)))
          .ifPresent(
              name -> {
                throw new ConfigurationException(
                    "%s: names no file that can be read. Mount it, or correct the path"
                        .formatted(variable(name)));
              });
    }
    NUMBERS.forEach(this::checkNumber);
    if (value(SAMPLER).orElse(RATIO_SAMPLER).endsWith(RATIO_SAMPLER)) {
      checkRatio();
    }
    return true;
  }

  /** Returns the one of these properties that counts: the first that has a value. */
  private Optional<String> used(List<String> names) {
    return names.stream().filter(name -> value(name).isPresent()).findFirst();
  }

  private String valueOf(String name) {
    return value(name).orElse("");
  }

  /** Refuses a number that is too low. The SDK refuses what is no number, and names it. */
  private void checkNumber(String name, int least) {
    Matcher number = NUMBER.matcher(valueOf(name));
    if (number.matches() && Long.parseLong(number.group(1)) < least) {
      throw new ConfigurationException(
          "%s: must be at least %d. Correct it, or remove it".formatted(variable(name), least));
    }
  }

  private void checkRatio() {
    double ratio;
    try {
      ratio = Double.parseDouble(valueOf(SAMPLER_ARG));
    } catch (NumberFormatException e) {
      return; // the SDK refuses it, and names it
    }
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new ConfigurationException(
          "%s: must be a share from 0 to 1. Correct it, or remove it"
              .formatted(variable(SAMPLER_ARG)));
    }
  }

  private static boolean isFile(String path) {
    try {
      Path file = Path.of(path);
      return Files.isRegularFile(file) && Files.isReadable(file);
    } catch (InvalidPathException e) {
      return false;
    }
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
