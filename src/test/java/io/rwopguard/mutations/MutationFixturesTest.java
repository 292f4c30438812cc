package io.rwopguard.mutations;

import static net.javacrumbs.jsonunit.assertj.JsonAssertions.assertThatJson;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Compares the patch and the warnings for the object in each folder of fixtures. They are in {@code
 * expected.json}, for people to read. Run with {@code -Dfixtures.update=true} to write those files
 * again, and read the difference before you commit it.
 */
class MutationFixturesTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final MutationSet MUTATIONS = new MutationSet(MutationSettings.DEFAULTS);

  @TestFactory
  Stream<DynamicTest> gives_each_object_its_patch_and_warnings() {
    return each(
        (folder, before) -> {
          PatchBuilder draft = mutate(before);
          ObjectNode found = JSON.createObjectNode();
          found.set("patch", draft.patch());
          draft.warnings().forEach(found.putArray("warnings")::add);
          Path expected = folder.resolve("expected.json");
          if (Boolean.getBoolean("fixtures.update")) {
            Files.writeString(
                expected, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(found) + "\n");
          }
          assertThatJson(found).isEqualTo(Files.readString(expected));
        });
  }

  @TestFactory
  Stream<DynamicTest> the_patch_leads_to_the_edited_copy_and_the_object_stays_as_it_was() {
    return each(
        (folder, before) -> {
          ObjectNode untouched = before.deepCopy();
          PatchBuilder draft = mutate(before);
          assertThat(before).isEqualTo(untouched);
          assertThat(JsonPatch.apply(draft.patch(), before)).isEqualTo(draft.edited());
        });
  }

  @TestFactory
  Stream<DynamicTest> a_second_run_changes_nothing() {
    return each(
        (folder, before) -> {
          JsonNode once = mutate(before).edited();
          assertThat(mutate((ObjectNode) once).patch()).isEqualTo(JSON.createArrayNode());
        });
  }

  @TestFactory
  Stream<DynamicTest> only_what_mutations_are_for_is_touched() {
    return each(
        (folder, before) -> {
          ArrayNode patch = mutate(before).patch();
          for (JsonNode operation : patch) {
            assertThat(operation.path("path").asText())
                .matches(
                    "(/spec/template)?(/spec/(terminationGracePeriodSeconds"
                        + "|(initC|c)ontainers/\\d+/((liveness|startup)Probe|lifecycle).*)"
                        + "|/metadata(/annotations(/rwop-guard.io~1mutated)?)?)|/spec/strategy");
            assertThat(operation.path("op").asText()).isIn("add", "replace");
          }
        });
  }

  private static PatchBuilder mutate(ObjectNode object) {
    ObjectFacts facts = Manifests.facts(object);
    return MUTATIONS.concerns(facts)
        ? MUTATIONS.apply(facts, object, new FixtureInventory())
        : new PatchBuilder(object);
  }

  private interface Check {
    void accept(Path folder, ObjectNode before) throws IOException;
  }

  private static Stream<DynamicTest> each(Check check) {
    return Manifests.in("mutations").stream()
        .map(
            folder ->
                DynamicTest.dynamicTest(
                    folder.getFileName().toString(),
                    () -> check.accept(folder, Manifests.read(folder.resolve("before.yaml")))));
  }
}
