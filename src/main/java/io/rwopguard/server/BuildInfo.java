package io.rwopguard.server;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.rwopguard.config.RwopGuardConfig;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Shows in a metric which version runs, and which parts of it this process runs. Its absence shows
 * that no process runs.
 */
@Singleton
final class BuildInfo {

  private final MeterRegistry registry;
  private final RwopGuardConfig config;
  private final String version;

  BuildInfo(
      MeterRegistry registry,
      RwopGuardConfig config,
      @ConfigProperty(name = "quarkus.application.version", defaultValue = "unknown")
          String version) {
    this.registry = registry;
    this.config = config;
    this.version = version;
  }

  void start(@Observes StartupEvent event) {
    String run =
        config.run().stream()
            .map(part -> part.name().toLowerCase(Locale.ROOT))
            .sorted()
            .collect(Collectors.joining(","));
    Gauge.builder("rwop_guard_build_info", () -> 1)
        .description("1, with the version and the parts that this process runs")
        .tag("version", version)
        .tag("run", run)
        .register(registry);
  }
}
