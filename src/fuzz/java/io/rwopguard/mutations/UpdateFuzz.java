package io.rwopguard.mutations;

import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.fuzz.InputDice;
import io.rwopguard.fuzz.Inputs;
import io.rwopguard.model.Kind;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.testing.random.RandomSource;
import io.rwopguard.testing.random.RandomWorkloads;

/**
 * Updates a mutated workload: with another one, with the author's original, or with itself and
 * another annotation. The patch leads to the edited object, and a second run changes nothing.
 */
public final class UpdateFuzz {

  private UpdateFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    RandomSource dice = new RandomSource(new InputDice(input), false);
    Mutations mutations = new Mutations(Mutations.SETTINGS.get(dice.below(2)));
    int change = dice.below(3);
    ObjectNode authors = RandomWorkloads.of(dice);
    Kind kind = Inputs.kind(authors).orElseThrow();
    JsonNode before = mutations.create(kind, authors);
    JsonNode object =
        switch (change) {
          case 0 -> RandomWorkloads.of(dice);
          case 1 -> authors;
          default -> annotated(before, dice);
        };
    if (!Inputs.kind(object).equals(Inputs.kind(authors))) {
      return;
    }

    JsonNode stored = mutations.update(kind, before, object);

    same(stored, mutations.update(kind, before, stored), "a second run changes something");
  }

  private static JsonNode annotated(JsonNode before, RandomSource dice) {
    ObjectNode object = before.deepCopy();
    JsonNode template = object.at(PodView.of(object).pointer());
    ((ObjectNode) template)
        .withObject("/metadata")
        .withObject("/annotations")
        .put(
            dice.pick(PodAnnotations.LIVENESS, PodAnnotations.GRACE, PodAnnotations.TRACE),
            dice.pick("tcp:5432", "probe", "none", "{}", ""));
    return object;
  }
}
