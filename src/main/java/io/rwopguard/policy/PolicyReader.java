package io.rwopguard.policy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.rwopguard.config.PodEnvironment;
import io.rwopguard.config.RuleMode;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.model.Kind;
import io.rwopguard.rules.Exemption;
import io.rwopguard.rules.Policy;
import io.rwopguard.rules.RuleDocumentation;
import io.rwopguard.rules.RuleSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.Config;

/** Creates the rules from the settings. */
public final class PolicyReader {

  /** The ids of the rules, and of the checks that only an audit makes. */
  private static final List<String> IDS =
      RuleSet.explained().stream().map(RuleDocumentation::id).toList();

  private PolicyReader() {}

  /**
   * Reads the settings.
   *
   * @throws ConfigurationException if they name an unknown rule or kind, or an exemption is empty
   */
  public static RuleSet read(RwopGuardConfig config, Config settings) {
    Set<String> neverBlocked = new HashSet<>();
    config.warnOnlyNamespaces().forEach(each -> neverBlocked.add(each.strip()));
    PodEnvironment.namespace(config).ifPresent(neverBlocked::add);
    Policy policy = new Policy(modes(config, settings), exemptions(config), neverBlocked);
    return new RuleSet(policy, config.allowedProvisioners(), config.scope());
  }

  private static Map<String, RuleMode> modes(RwopGuardConfig config, Config settings) {
    Map<String, RuleMode> modes = new HashMap<>(config.rules());
    checkIds("rwop-guard.rules", modes.keySet());
    // a lookup by name also finds the environment's settings, whose names have the same character
    // for a dash and a dot
    for (String id : IDS) {
      settings
          .getOptionalValue("rwop-guard.rules." + id, RuleMode.class)
          .ifPresent(mode -> modes.put(id, mode));
    }
    return modes;
  }

  public static List<Exemption> exemptions(RwopGuardConfig config) {
    List<Exemption> exemptions = new ArrayList<>();
    for (RwopGuardConfig.Exemption written : config.exemptions()) {
      String setting = "rwop-guard.exemptions[%d]".formatted(exemptions.size());
      Set<String> rules = written.rules().orElse(Set.of());
      checkIds(setting + ".rules", rules);
      written.kind().ifPresent(kind -> checkKind(setting + ".kind", kind));
      if (written.namespace().isEmpty() && written.kind().isEmpty() && written.name().isEmpty()) {
        throw new ConfigurationException(
            setting
                + ": must name a namespace, a kind or a name; to disable a whole rule, set"
                + " rwop-guard.rules.ID=off");
      }
      exemptions.add(
          new Exemption(
              written.namespace().map(Exemption::pattern),
              written.kind(),
              written.name().map(Exemption::pattern),
              rules));
    }
    return exemptions;
  }

  private static void checkIds(String setting, Set<String> ids) {
    for (String id : ids) {
      if (!IDS.contains(id)) {
        throw new ConfigurationException(
            "%s: rule %s does not exist; the rules are %s"
                .formatted(setting, id, String.join(", ", IDS)));
      }
    }
  }

  private static void checkKind(String setting, String kindName) {
    List<String> kinds = Arrays.stream(Kind.values()).map(Kind::kindName).toList();
    if (!kinds.contains(kindName)) {
      throw new ConfigurationException(
          "%s: no rule covers kind %s; the kinds are %s"
              .formatted(setting, kindName, String.join(", ", kinds)));
    }
  }
}
