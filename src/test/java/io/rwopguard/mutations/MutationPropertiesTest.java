package io.rwopguard.mutations;

import static io.rwopguard.mutations.MutationProperties.check;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.profiles.Profile;
import io.rwopguard.profiles.Profiles;
import io.rwopguard.testing.Seed;
import io.rwopguard.testing.manifests.Edits;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.random.RandomPods;
import io.rwopguard.testing.random.RandomSource;
import io.rwopguard.testing.random.RandomWorkloads;
import io.rwopguard.testing.random.Shrinker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Checks the mutations with arbitrary objects. A failure prints the smallest object that fails in
 * the same way, its seed and number: set {@code -DargLine=-Dseed=...} to see it again.
 */
@Execution(ExecutionMode.CONCURRENT)
class MutationPropertiesTest {

  private static final long SEED = Seed.ofThisRun();
  private static final int CASES = Integer.getInteger("cases", 100_000);

  private static final JsonMapper JSON = new JsonMapper();
  private static final List<MutationSettings> SETTINGS = settings();

  private final Map<String, Integer> edits = new ConcurrentHashMap<>();

  @Test
  void whatever_the_object_only_what_is_meant_is_changed_and_a_second_run_changes_nothing() {
    IntStream.range(0, CASES).parallel().forEach(this::tryOut);

    // each edit has to have been tried, or nothing is proved
    assertThat(edits.keySet()).as("seed %d", SEED).contains("none");
    for (String edit : SETTINGS.get(1).edits()) {
      assertThat(edits.getOrDefault(edit, 0))
          .as("seed %d: %s among %s", SEED, edit, edits)
          .isGreaterThan(CASES / 1000);
    }
  }

  private void tryOut(int number) {
    MutationSettings settings = SETTINGS.get(number % SETTINGS.size());
    ObjectNode object = RandomWorkloads.of(SEED, number, number % 2 == 0);
    String original = object.toString();
    try {
      tryOut(object, number, settings);
    } catch (AssertionError | RuntimeException e) {
      ObjectNode smallest =
          Shrinker.smallest(
              Manifests.parse(original), smaller -> tryOut(smaller, number, settings));
      throw new AssertionError(
          "seed %d, number %d, %s, %s: %s%nthe smallest object that fails so: %s"
              .formatted(SEED, number, settings, e.getMessage(), original, smallest),
          e);
    }
  }

  private void tryOut(ObjectNode object, int number, MutationSettings settings) {
    JsonNode edited = firstRun(object, object.toString(), settings);
    check(mutate(edited, settings).patch().isEmpty(), "a second run changes something");
    if (!edited.equals(object)) {
      sidecarAddedLater(PodView.of(object).grace(), edited, number, settings);
    }
  }

  private JsonNode firstRun(ObjectNode object, String original, MutationSettings settings) {
    PatchBuilder draft = mutate(object, settings);
    check(object.toString().equals(original), "the original was changed");
    edits.merge(draft.patch().isEmpty() ? "none" : "any", 1, Integer::sum);
    if (draft.patch().isEmpty()) {
      check(draft.edited().equals(object), "edited without a patch");
      return object;
    }
    draft.changes().stream()
        .map(PatchBuilder.Change::mutation)
        .distinct()
        .forEach(id -> edits.merge(id, 1, Integer::sum));
    check(
        JsonPatch.apply(draft.patch(), object).toString().equals(draft.edited().toString()),
        "the patch does not lead to the edited copy");
    new MutationProperties(object, draft.edited(), settings).all();
    return draft.edited();
  }

  private static boolean keepsGrace(ObjectNode container) {
    return Profiles.all().stream()
        .filter(Profile::keepsGrace)
        .anyMatch(
            profile ->
                container.path("ports").findValues("containerPort").stream()
                    .anyMatch(port -> profile.ports().contains(port.asInt())));
  }

  /** Adds a container to what is installed, like an author. */
  private static void sidecarAddedLater(
      long grace, JsonNode edited, int number, MutationSettings settings) {
    ObjectNode object = edited.deepCopy();
    PodView view = PodView.of(object);
    ObjectNode sidecar =
        new RandomPods(RandomSource.of(~SEED, number, true)).sidecar("late", grace);
    sidecar
        .putArray("volumeMounts")
        .addObject()
        .put("name", view.exclusive().iterator().next())
        .put("mountPath", "/late");
    if (!settings.edits().contains("trace")) {
      // it is unknown then what grace period there was
      sidecar.remove("lifecycle");
    }
    boolean keeps = sidecar.has("lifecycle") || keepsGrace(sidecar);
    ArrayNode containers = ((ObjectNode) view.spec()).withArray("initContainers");
    String late = view.pointer() + "/spec/initContainers/" + containers.size() + "/";
    containers.add(sidecar);

    PatchBuilder draft = mutate(object, settings);
    for (JsonNode operation : draft.patch()) {
      String path = operation.path("path").asText();
      check(
          path.startsWith(late)
              || path.endsWith("/rwop-guard.io~1mutated")
              // a hook or an engine gets the Pod's grace period back, the other probes get one of
              // their own, and with it a Pod may leave a dead node
              || (keeps && path.matches(".*/(terminationGracePeriodSeconds|tolerations(/.*)?)")),
          "a container was added, and something else changed",
          path);
    }
    if (!draft.patch().isEmpty()) {
      new MutationProperties(object, draft.edited(), settings).all();
    }
    check(mutate(draft.edited(), settings).patch().isEmpty(), "a third run changes something");
    if (settings.edits().contains("trace")) {
      traceOnlyGrows(view, PodView.of(draft.edited()));
    }
  }

  /** Checks that what an author wrote stays known, however often a template is edited. */
  private static void traceOnlyGrows(PodView view, PodView later) {
    JsonNode trace = trace(view);
    JsonNode now = trace(later);
    for (Map.Entry<String, JsonNode> mutation : trace.properties()) {
      for (Map.Entry<String, JsonNode> field : mutation.getValue().properties()) {
        JsonNode stays = now.path(mutation.getKey()).get(field.getKey());
        check(field.getValue().equals(stays), "the trace lost something", field);
      }
    }
  }

  private static JsonNode trace(PodView view) {
    try {
      return JSON.readTree(view.annotation(PodAnnotations.TRACE).orElse("{}"));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static PatchBuilder mutate(JsonNode object, MutationSettings settings) {
    MutationSet mutations = new MutationSet(settings);
    ObjectFacts facts = Manifests.facts((ObjectNode) object);
    return mutations.concerns(facts)
        ? mutations.apply(facts, object, new FixtureInventory())
        : new PatchBuilder(object);
  }

  private static List<MutationSettings> settings() {
    MutationSettings defaults = MutationSettings.DEFAULTS;
    Set<String> all = Edits.ALL;
    List<MutationSettings> settings = new ArrayList<>();
    settings.add(defaults);
    settings.add(with(defaults.liveness(), 0, true, Set.of("fenced.csi"), all));
    settings.add(defaults);
    settings.add(with(defaults.liveness(), 0, false, Set.of(), defaults.edits()));
    settings.add(with(new LivenessTarget(1, 1, 60), 1, true, Set.of(), all));
    settings.add(with(new LivenessTarget(30, 3, 600), 45, true, Set.of(), all));
    settings.add(with(new LivenessTarget(10, 1, 3600), 5, false, Set.of("fenced.csi"), all));
    all.forEach(edit -> settings.add(with(defaults.liveness(), 0, true, Set.of(), Set.of(edit))));
    return List.copyOf(settings);
  }

  private static MutationSettings with(
      LivenessTarget liveness,
      int grace,
      boolean ofPod,
      Set<String> revokingDrivers,
      Set<String> edits) {
    return new MutationSettings(
        liveness, 60, grace, ofPod, 10, revokingDrivers, edits, MutationSettings.ALL_KINDS);
  }
}
