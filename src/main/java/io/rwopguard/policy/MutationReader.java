package io.rwopguard.policy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.rwopguard.config.GraceProfile;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.model.Kind;
import io.rwopguard.mutations.LivenessTarget;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Creates the mutations from the settings. */
public final class MutationReader {

  private MutationReader() {}

  /**
   * Reads the settings.
   *
   * @throws ConfigurationException if they name a kind whose objects are never changed
   */
  public static MutationSet read(RwopGuardConfig config) {
    RwopGuardConfig.Liveness liveness = config.liveness();
    return new MutationSet(
        new MutationSettings(
            new LivenessTarget(
                liveness.periodSeconds(),
                liveness.failureThreshold(),
                Math.toIntExact(liveness.startupBudget().toSeconds())),
            Math.toIntExact(liveness.storageFailover().toSeconds()),
            config.grace().seconds(),
            config.grace().profile() == GraceProfile.POD,
            config.tolerations().seconds(),
            config.tolerations().revokingDrivers().orElse(Set.of()),
            edits(config.mutate()),
            kinds(config.mutate().kinds())));
  }

  private static Set<String> edits(RwopGuardConfig.Mutate mutate) {
    Map<String, Boolean> edits = new LinkedHashMap<>();
    edits.put("volume-check", mutate.volumeCheck());
    edits.put("liveness", mutate.liveness());
    edits.put("startup", mutate.startup());
    edits.put("pre-stop", mutate.preStop());
    edits.put("grace", mutate.grace());
    edits.put("strategy", mutate.strategy());
    edits.put("tolerations", mutate.tolerations());
    edits.put("trace", mutate.trace());
    return edits.entrySet().stream()
        .filter(Map.Entry::getValue)
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private static Set<Kind> kinds(Set<String> names) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    for (String name : names) {
      kinds.add(
          MutationSettings.ALL_KINDS.stream()
              .filter(kind -> kind.kindName().equals(name))
              .findFirst()
              .orElseThrow(() -> noSuchKind(name)));
    }
    return kinds;
  }

  private static ConfigurationException noSuchKind(String name) {
    return new ConfigurationException(
        "rwop-guard.mutate.kinds: objects of kind %s are never changed; the kinds are %s"
            .formatted(
                name,
                MutationSettings.ALL_KINDS.stream()
                    .map(Kind::kindName)
                    .sorted()
                    .collect(Collectors.joining(", "))));
  }
}
