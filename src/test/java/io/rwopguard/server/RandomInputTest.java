package io.rwopguard.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.rwopguard.model.MalformedObjectException;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.MutationSettings;
import io.rwopguard.mutations.PatchBuilder;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.testing.Seed;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import io.rwopguard.testing.random.Shrinker;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whatever is sent, the answer is a decision or says what is wrong with it; nothing else is ever
 * thrown. A failure prints the smallest review that fails so, and its seed: set {@code
 * -DargLine=-Dseed=...} to see it again.
 */
class RandomInputTest {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final MutationSet MUTATIONS = new MutationSet(MutationSettings.DEFAULTS);
  private static final long SEED = Seed.ofThisRun();

  private final List<ObjectNode> reviews =
      Manifests.in("mutations").stream()
          .map(folder -> Manifests.read(folder.resolve("before.yaml")).toString())
          .map(Reviews::create)
          .toList();

  @Test
  void decides_a_review_with_any_value_replaced_or_says_what_is_wrong() {
    Random random = new Random(SEED);
    int decided = 0;
    for (int i = 0; i < 20_000; i++) {
      ObjectNode review = reviews.get(random.nextInt(reviews.size())).deepCopy();
      for (int changes = random.nextInt(3); changes >= 0; changes--) {
        replaceAnything(review, random);
      }
      decided += decide(review, i) ? 1 : 0;
    }
    // not everything may be refused, or nothing was tried
    assertThat(decided).as("seed %d", SEED).isBetween(1_000, 19_000);
  }

  @Test
  void answers_bytes_in_any_disorder_with_what_is_wrong() {
    Random random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      byte[] body = reviews.get(random.nextInt(reviews.size())).toString().getBytes(UTF_8);
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        body[random.nextInt(body.length)] = (byte) random.nextInt(256);
      }
      decide(body, i);
    }
  }

  private static boolean decide(ObjectNode review, int number) {
    try {
      return decide(review.toString().getBytes(UTF_8), number);
    } catch (AssertionError e) {
      ObjectNode smallest =
          Shrinker.smallest(review, smaller -> decide(smaller.toString().getBytes(UTF_8), number));
      throw new AssertionError(
          "%s%nthe smallest review that fails so: %s".formatted(e.getMessage(), smallest), e);
    }
  }

  private static boolean decide(byte[] body, int number) {
    try {
      AdmissionRequest request = ReviewReader.read(body);
      if (request.concernsObject()) {
        ObjectFacts facts = request.facts();
        RuleSet.WITH_DEFAULTS.findings(facts, request.oldFacts(), new FixtureInventory());
        if (MUTATIONS.concerns(facts)) {
          PatchBuilder draft = MUTATIONS.apply(facts, request.object(), new FixtureInventory());
          assertThat(JsonPatch.apply(draft.patch(), request.object())).isEqualTo(draft.edited());
        }
      }
      return true;
    } catch (BadReviewException | MalformedObjectException expected) {
      assertThat(expected.getMessage()).isNotBlank();
      return false;
    } catch (RuntimeException e) {
      throw new AssertionError(
          "seed %d, number %d: %s: %s".formatted(SEED, number, e, new String(body, UTF_8)), e);
    }
  }

  private static void replaceAnything(ObjectNode review, Random random) {
    List<Runnable> changes = new ArrayList<>();
    collect(review, random, changes);
    changes.get(random.nextInt(changes.size())).run();
  }

  private static void collect(ContainerNode<?> node, Random random, List<Runnable> changes) {
    if (node instanceof ObjectNode object) {
      object
          .fieldNames()
          .forEachRemaining(name -> changes.add(() -> object.set(name, any(random))));
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        int index = i;
        changes.add(() -> array.set(index, any(random)));
      }
    }
    for (JsonNode child : node) {
      if (child instanceof ContainerNode<?> container) {
        collect(container, random, changes);
      }
    }
  }

  private static JsonNode any(Random random) {
    return switch (random.nextInt(10)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.booleanNode(random.nextBoolean());
      case 2 -> NODES.numberNode(random.nextLong());
      case 3 -> NODES.numberNode(random.nextInt());
      case 4 -> NODES.numberNode(random.nextDouble());
      case 5 -> NODES.textNode("");
      case 6 -> NODES.textNode("ReadWriteOncePod");
      case 7 -> NODES.arrayNode();
      case 8 -> NODES.arrayNode().add("ReadWriteOncePod").add(7);
      default -> NODES.objectNode();
    };
  }
}
