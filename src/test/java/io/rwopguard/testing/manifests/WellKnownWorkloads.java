package io.rwopguard.testing.manifests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import io.rwopguard.mutations.PatchBuilder;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** Manifests of software that many run, with its usual probes, hooks and sidecars. */
public final class WellKnownWorkloads {

  private static final MutationSet MUTATIONS = new MutationSet(MutationSettings.DEFAULTS);

  /** So that the files before and after differ in nothing but what was changed. */
  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .disable(YAMLGenerator.Feature.SPLIT_LINES)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
              .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
              .build());

  private WellKnownWorkloads() {}

  /** The folders they stand in, each named after its software. */
  public static List<Path> folders() {
    return Manifests.in("workloads");
  }

  /** Returns the manifest that an author wrote. */
  public static ObjectNode before(Path folder) {
    return Manifests.read(folder.resolve("before.yaml"));
  }

  /** Returns the result of the mutations under the default settings. */
  public static PatchBuilder mutate(ObjectNode manifest) {
    ObjectFacts facts = Manifests.facts(manifest);
    return MUTATIONS.concerns(facts)
        ? MUTATIONS.apply(facts, manifest, new FixtureInventory())
        : new PatchBuilder(manifest);
  }

  /** A manifest in block style, always written the same way. */
  public static String write(JsonNode manifest) {
    try {
      return YAML.writeValueAsString(manifest).stripTrailing() + "\n";
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
