package io.rwopguard.lint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.PatchBuilder;
import java.util.List;

/**
 * Shows the changes of the mutating webhook to a manifest, as a unified diff. Both sides are YAML
 * in the same style, without comments and an author's own style.
 */
final class MutationDiff {

  private static final int CONTEXT = 3;
  private static final YAMLMapper YAML =
      new YAMLMapper(
          new YAMLFactory()
              .disable(Feature.WRITE_DOC_START_MARKER)
              .enable(Feature.MINIMIZE_QUOTES)
              .disable(Feature.SPLIT_LINES));

  private final MutationSet mutations;

  MutationDiff(MutationSet mutations) {
    this.mutations = mutations;
  }

  /** Returns the difference; empty if nothing is changed. */
  String of(Linter.Judged judged, Inventory inventory) {
    if (!mutations.concerns(judged.facts())) {
      return "";
    }
    Inventory learnt =
        inventory.learn(LookupRequest.beforeEdits(judged.facts())).toCompletableFuture().join();
    PatchBuilder draft = mutations.apply(judged.facts(), judged.manifest().json(), learnt);
    if (draft.patch().isEmpty()) {
      return "";
    }
    List<String> before = lines(judged.manifest().json());
    List<String> after = lines(draft.edited());
    String name = "%s (%s)".formatted(judged.manifest().source(), judged.facts().key());
    return String.join(
            "\n",
            UnifiedDiffUtils.generateUnifiedDiff(
                name, name, before, DiffUtils.diff(before, after), CONTEXT))
        + "\n";
  }

  private static List<String> lines(JsonNode json) {
    try {
      return YAML.writeValueAsString(json).lines().toList();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
