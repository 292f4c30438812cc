package io.rwopguard.policy;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.fuzz.Inputs;
import io.rwopguard.rules.Exemption;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.StringReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Properties;

/**
 * Reads settings from properties. They are refused with a reason, or rules and mutations can be
 * created from them. An exemption's name with stars covers the names that it describes, and no
 * others.
 */
public final class SettingsFuzz {

  private static final List<String> NAMES =
      List.of("", "a", "db", "db-0", "db-backup", "team-a", "kube-system", "*");

  private SettingsFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    Map<String, String> settings = new HashMap<>();
    for (Map.Entry<Object, Object> each : properties(Inputs.text(input)).entrySet()) {
      if (each.getKey().toString().startsWith("rwop-guard.")) {
        settings.put(each.getKey().toString(), each.getValue().toString());
      }
    }
    try {
      SmallRyeConfig config =
          new SmallRyeConfigBuilder()
              .addDefaultInterceptors()
              .addDiscoveredConverters()
              .withSources(new PropertiesConfigSource(settings, "input", 500))
              .withMapping(RwopGuardConfig.class)
              .build();
      RwopGuardConfig read = config.getConfigMapping(RwopGuardConfig.class);
      PolicyReader.read(read, config);
      MutationReader.read(read);
      for (RwopGuardConfig.Exemption exemption : read.exemptions()) {
        exemption.name().ifPresent(SettingsFuzz::checkPattern);
        exemption.namespace().ifPresent(SettingsFuzz::checkPattern);
      }
    } catch (ConfigurationException | IllegalArgumentException | IllegalStateException e) {
      check(e.getMessage() != null && !e.getMessage().isBlank(), "no reason", e);
    } catch (NoSuchElementException e) {
      check(e.getMessage() != null && !e.getMessage().isBlank(), "no reason", e);
    }
  }

  private static Properties properties(String text) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(text));
    } catch (IOException | IllegalArgumentException e) {
      // no properties
      return new Properties();
    }
    return properties;
  }

  private static void checkPattern(String pattern) {
    for (String name : NAMES) {
      same(
          covers(pattern, name),
          Exemption.pattern(pattern).matcher(name).matches(),
          "%s covers %s".formatted(pattern, name));
    }
  }

  /** Returns whether a name fits, one character at a time. */
  private static boolean covers(String pattern, String name) {
    if (pattern.isEmpty()) {
      return name.isEmpty();
    }
    if (pattern.charAt(0) == '*') {
      String rest = pattern.substring(1);
      return covers(rest, name) || (!name.isEmpty() && covers(pattern, name.substring(1)));
    }
    return !name.isEmpty()
        && pattern.charAt(0) == name.charAt(0)
        && covers(pattern.substring(1), name.substring(1));
  }
}
