package io.rwopguard.mutations;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectReader;
import io.rwopguard.testing.manifests.Edits;
import io.rwopguard.testing.manifests.FixtureInventory;
import java.util.List;
import java.util.Set;

/** Applies mutations as the webhook does, and checks each patch against its own application. */
final class Mutations {

  /** The default settings, and others with every edit that there is. */
  static final List<MutationSettings> SETTINGS =
      List.of(
          MutationSettings.DEFAULTS,
          new MutationSettings(
              new LivenessTarget(1, 1, 60),
              60,
              0,
              true,
              10,
              Set.of("fenced.csi"),
              Edits.ALL,
              MutationSettings.ALL_KINDS));

  private final MutationSettings settings;
  private final MutationSet mutations;

  Mutations(MutationSettings settings) {
    this.settings = settings;
    this.mutations = new MutationSet(settings);
  }

  /** Returns a new object as it is stored. */
  JsonNode create(Kind kind, JsonNode object) {
    ObjectFacts facts = ObjectReader.read(kind, "shop", object);
    return mutations.concerns(facts)
        ? applied(object, mutations.apply(facts, object, new FixtureInventory()))
        : object;
  }

  /** Returns an object as it is stored after an update that changes its template. */
  JsonNode update(Kind kind, JsonNode before, JsonNode object) {
    ObjectFacts facts = ObjectReader.read(kind, "shop", object);
    ObjectFacts old = ObjectReader.read(kind, "shop", before);
    FixtureInventory inventory = new FixtureInventory();
    boolean keepsTemplate = kind == Kind.POD || facts.podTemplate().equals(old.podTemplate());
    if (mutations.concerns(facts)) {
      return applied(
          object,
          keepsTemplate
              ? mutations.applyToStrategy(facts, object, before, inventory)
              : mutations.applyToChange(facts, object, old, before, inventory));
    }
    return mutations.mayTakeBack(facts, old)
        ? applied(object, mutations.takeBack(facts, object, old, before, keepsTemplate))
        : object;
  }

  private static JsonNode applied(JsonNode object, PatchBuilder draft) {
    JsonNode patched = JsonPatch.apply(draft.patch(), object);
    same(draft.edited(), patched, "the patch does not lead to the edited object");
    check(
        draft.patch().isEmpty() == patched.equals(object), "a patch without effect", draft.patch());
    return patched;
  }

  /** Checks the invariants of a valid object before and after the mutations. */
  void checkInvariants(JsonNode before, JsonNode after) {
    if (!after.equals(before)) {
      new MutationProperties(before, after, settings).all();
    }
  }
}
