package io.rwopguard.cli;

import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.policy.MutationReader;
import io.rwopguard.policy.PolicyReader;
import io.rwopguard.rules.RuleSet;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** The settings of the service, so that a command uses the same ones. */
final class CommandSettings {

  /** The file that the service reads too, below its working directory. */
  private static final Path USUAL = Path.of("config/application.properties");

  private static final int BEFORE_ENVIRONMENT = 290;
  private static final int BEFORE_ALL = 500;

  @Option(
      names = "--settings",
      paramLabel = "FILE",
      description =
          "The service's settings, such as rwop-guard.rules.claim-in-use=deny (default:"
              + " config/application.properties, if it exists).")
  private Path file;

  @Option(
      names = "--rule",
      paramLabel = "ID=MODE",
      description = "The mode of a rule: deny, warn, audit or off.")
  private Map<String, String> modes = new HashMap<>();

  @Option(
      names = "--scope",
      paramLabel = "MODE",
      description =
          "The access modes that rules about shared claims cover: ReadWriteOncePod, or"
              + " ReadWriteOnce for both. A namespace's label rwop-guard.io/scope overrides it.")
  private String scope;

  private SmallRyeConfig config() {
    if (file != null && !Files.isReadable(file)) {
      throw new MisuseException(
          "settings file %s does not exist or is not readable; name another with --settings"
              .formatted(file));
    }
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder()
            .addDefaultInterceptors()
            .addDefaultSources()
            .addDiscoveredConverters()
            .withMapping(RwopGuardConfig.class);
    try {
      if (file != null || Files.isReadable(USUAL)) {
        Path read = file == null ? USUAL : file;
        builder.withSources(new PropertiesConfigSource(read.toUri().toURL(), BEFORE_ENVIRONMENT));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> written = new HashMap<>();
    modes.forEach((rule, mode) -> written.put("rwop-guard.rules." + rule, mode));
    if (scope != null) {
      written.put("rwop-guard.scope", scope);
    }
    builder.withSources(new PropertiesConfigSource(written, "--rule and --scope", BEFORE_ALL));
    return builder.build();
  }

  /** Returns the rules with their severities. */
  RuleSet rules() {
    return read(
        config -> PolicyReader.read(config.getConfigMapping(RwopGuardConfig.class), config));
  }

  /** Returns the mutations that are on. */
  MutationSet mutations() {
    return read(config -> MutationReader.read(config.getConfigMapping(RwopGuardConfig.class)));
  }

  /** Reads a setting. Several types of exceptions report an invalid one. */
  private <T> T read(Function<SmallRyeConfig, T> reader) {
    try {
      return reader.apply(config());
    } catch (RuntimeException e) {
      throw new MisuseException(Main.message(e));
    }
  }
}
