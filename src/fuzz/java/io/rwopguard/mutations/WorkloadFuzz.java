package io.rwopguard.mutations;

import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.fuzz.InputDice;
import io.rwopguard.fuzz.Inputs;
import io.rwopguard.model.Kind;
import io.rwopguard.testing.random.RandomSource;
import io.rwopguard.testing.random.RandomWorkloads;

/**
 * Mutates a workload that the input makes up. The patch leads to the edited object, only what a
 * mutation may change is changed, and a second run changes nothing.
 */
public final class WorkloadFuzz {

  private WorkloadFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    RandomSource dice = new RandomSource(new InputDice(input), false);
    Mutations mutations = new Mutations(Mutations.SETTINGS.get(dice.below(2)));
    ObjectNode object = RandomWorkloads.of(dice);
    String original = object.toString();
    Kind kind = Inputs.kind(object).orElseThrow();

    JsonNode stored = mutations.create(kind, object);

    same(original, object.toString(), "the original was changed");
    mutations.checkInvariants(object, stored);
    same(stored, mutations.create(kind, stored), "a second run changes something");
  }
}
